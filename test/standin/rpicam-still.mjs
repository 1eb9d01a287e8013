/**
 * Stands in for rpicam-still on machines without a camera: the same options and refusals, and a picture with the
 * pixels of an imx219. The file RPICAM_STANDIN_FAULT may say "no-cameras", "in-use" or "hang".
 */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { checkOptions, parseOptions } from "./options.mjs";

const { RPICAM_STANDIN_FAULT: faultFile } = process.env;
const fault = faultFile !== undefined && existsSync(faultFile) ? readFileSync(faultFile, "utf8").trim() : "";

try {
  const options = parseOptions(process.argv.slice(2));
  checkOptions({ ...options, codec: "yuv420" });
  if (fault === "no-cameras") throw new Error("no cameras available");
  if (fault === "in-use") throw new Error("failed to acquire camera /base/soc/i2c0mux/i2c@1/imx219@10");
  if (fault === "hang") await sleep(3_600_000);
  await sleep(Number(options.timeout ?? 5000));
  const { rotation = "0" } = options;
  // The upper half is blue, the lower red: so a test sees which way up it is.
  const [top, bottom] = rotation === "180" ? ["red", "blue"] : ["blue", "red"];
  const half = { width: 3280, height: 1232, channels: 3 };
  const lower = await sharp({ create: { ...half, background: bottom } })
    .png()
    .toBuffer();
  await sharp({ create: { ...half, height: 2464, background: top } })
    .composite([{ input: lower, left: 0, top: 1232 }])
    .jpeg()
    .toFile(options.output);
  console.error("Still capture image received");
} catch (error) {
  console.error(`ERROR: *** ${error.message} ***`);
  process.exit(255);
}
