import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { bundledNetworks, networkFile } from "../../src/bundled-networks.ts";
import { PictureDetector } from "../../src/detect/picture-detector.ts";
import type { Scores } from "../../src/eval/score.ts";
import { xnorcam } from "../cli/xnorcam.ts";

const data = process.env.XNORCAM_DATA ?? fileURLToPath(new URL("../../../shared/data/val", import.meta.url));

/** What a change of arithmetic may move; a worse network moves more. */
const tolerance = 0.003;
/** Lowest mAP50 that may ship: the larger network has to be worth its time. */
const least = { "xnor-yolo-zero": 0.25, "xnor-yolo-plus": 0.3 };

it.each(bundledNetworks)(
  "%s is as accurate on val as its file says, and good enough to ship",
  async (network) => {
    if (!existsSync(data)) {
      throw new Error(`the data set is not at ${data}: set XNORCAM_DATA to a folder with annotations.json`);
    }
    const model = networkFile({ network, file: null });
    const { accuracy } = PictureDetector.load(model).graph.extra as {
      accuracy: { mAP50: number; mAP: number; weaponRecallAtFp: number };
    };
    const { code, stdout, stderr } = await xnorcam(["eval", "--data", data, "--model", model, "--json"]);
    expect(code, stderr).toBe(0);
    const { mAP50, mAP, images, classes } = JSON.parse(stdout) as Scores;
    console.log(
      `${network}: mAP50 ${mAP50}, mAP ${mAP}, weapon recall ${classes.weapon?.recallAtFp} on ${images} pictures`,
    );
    expect(images).toBe(1774);
    expect(mAP50).toBeGreaterThanOrEqual(least[network]);
    expect(Math.abs(mAP50 - accuracy.mAP50)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(mAP - accuracy.mAP)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs(classes.weapon!.recallAtFp - accuracy.weaponRecallAtFp)).toBeLessThanOrEqual(tolerance);
  },
);
