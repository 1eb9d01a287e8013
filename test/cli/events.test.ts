import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EventReport } from "../../src/cli/eval/events-report.ts";
import type { Box } from "../../src/detect/detection.ts";
import { labeledFolder } from "../helpers/labeled-folder.ts";
import { fixture } from "../helpers/paths.ts";
import { xnorcam } from "./xnorcam.ts";

type Labels = Record<string, { label: string; box: Box }[]>;

test("eval --events plays a clip in order and still pictures with noise, and keeps what it computed", {
  timeout: 180_000,
}, async () => {
  const all = JSON.parse(readFileSync(fixture("demo/labels.json"), "utf8")) as Labels;
  const clip = Object.keys(all)
    .sort()
    .slice(0, 40)
    .map((name) => ({
      path: fixture(`demo/${name}`),
      objects: all[name]!,
      source: "demo",
      group: "clip",
      // Some frames have no weapon; in full, they would be still pictures, too.
      exhaustive: [],
    }));
  const data = await labeledFolder([
    ...clip,
    { path: fixture("pictures/parity-04.png"), objects: [], source: "animals", exhaustive: ["dog"] },
    { path: fixture("pictures/parity-08.png"), objects: [], source: "demo", group: "clip", exhaustive: [] },
  ]);
  const cache = join(mkdtempSync(join(tmpdir(), "xnorcam-")), "cache");
  const args = ["eval", "--events", "--data", data, "--clips", "demo", "--cache", cache];
  const first = await xnorcam([...args, "--json"]);
  expect(first.code, first.stderr).toBe(0);
  const report = JSON.parse(first.stdout) as EventReport;
  const firstWeapon = clip.findIndex(({ objects }) => objects.some(({ label }) => label === "rifle")) + 1;
  expect(report).toMatchObject({
    fps: 5,
    clips: [{ clip: "clip", frames: 41, firstWeaponFrame: firstWeapon, withoutCause: 0 }],
    clipsWithWeapon: 1,
    clipsAlarmed: 1,
    falseAlarmsPerHour: 0,
    stills: { pictures: 1, alarmed: 0, share: 0, bySource: { animals: { pictures: 1, alarmed: 0 } } },
  });
  expect(report.clips[0]!.framesToAlarm).toBeLessThanOrEqual(40);
  expect(report.clips[0]!.reason).toMatch(
    /^(rifle|handgun|knife) 0\.\d\d in [3-5] of [3-5] frames, armed away$/,
  );

  const again = await xnorcam(args);
  expect(again.stdout).toContain(`clip: 41 frames, weapon from frame ${firstWeapon}, alarm `);
  expect(again.stdout).toContain(
    "pictures without a weapon that alarm: 0 of 1 (0.0 %, at most 1.0 % is wanted)",
  );
  expect(
    readFileSync(join(cache, readdirSync(cache)[0]!), "utf8")
      .trim()
      .split("\n"),
  ).toHaveLength(71);
});
