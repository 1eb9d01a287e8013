/**
 * Stands in for rpicam-vid on machines without a camera: the same options and refusals, the same lines on standard
 * error, the same bytes on standard output for `--codec yuv420 -o -`. It plays a pattern that checks itself, or the
 * pictures of the folder RPICAM_STANDIN_PICTURES, as an imx219 on a Pi Zero would.
 *
 * The file RPICAM_STANDIN_FAULT says what goes wrong. While it is there: "no-cameras", "in-use", "no-permission",
 * "slow" (one frame a second). Once, and then it is removed: "stall", "die" (in the middle of a frame), "garbage"
 * (bytes between two frames, "garbage 5000" as many of them), "partial" (a frame whose end is missing, "partial 5000"
 * as many bytes of it), "text" (a line on standard error without an end, and thousands with one), "flood"
 * (frames as fast as they can be read).
 *
 * The file RPICAM_STANDIN_LOG gets a line for each frame when its first byte is about to be written: nanoseconds by
 * CLOCK_MONOTONIC, and the frame's number.
 */
import { appendFileSync, existsSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { checkOptions, parseOptions } from "./options.mjs";
import { padded, pattern, pictures } from "./pictures.mjs";

const {
  RPICAM_STANDIN_FAULT: faultFile,
  RPICAM_STANDIN_PICTURES: folder,
  RPICAM_STANDIN_LOG: logFile,
} = process.env;
const sensorId = "/base/soc/i2c0mux/i2c@1/imx219@10";
const isSilent = { value: false };

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(`ERROR: *** ${error.message} ***`);
  process.exit(255);
}

async function main(args) {
  const options = parseOptions(args);
  if (options.version)
    return print("rpicam-apps build: v1.5.0 stand-in\nlibcamera build: v0.4.0+53-29156679");
  isSilent.value = options["list-cameras"] !== undefined;
  const cameras = findCameras();
  if (options["list-cameras"]) return print(cameras ? listing() : "No cameras available!");
  checkOptions(options);
  if (!cameras) throw new Error("no cameras available");
  if (fault() === "in-use") {
    log("INFO", "Camera camera.cpp:1051 Pipeline handler in use by another process");
    throw new Error(`failed to acquire camera ${sensorId}`);
  }
  process.on("SIGINT", () => process.exit(0));
  await play(configure(options), Number(options.framerate ?? 30), options["save-pts"]);
}

function findCameras() {
  log("INFO", "Camera camera_manager.cpp:327 libcamera v0.4.0+53-29156679");
  if (fault() === "no-permission") {
    log(
      "ERROR",
      "MediaDevice media_device.cpp:99 /dev/media0[]: Failed to open media device at /dev/media0: Permission denied",
    );
    return false;
  }
  if (fault() === "no-cameras") return false;
  log("WARN", "RPiSdn sdn.cpp:40 Using legacy SDN tuning - please consider moving SDN inside rpi.denoise");
  log(
    "INFO",
    `RPI vc4.cpp:447 Registered camera ${sensorId} to Unicam device /dev/media1 and ISP device /dev/media2`,
  );
  return true;
}

function listing() {
  return `Available cameras
-----------------
0 : imx219 [3280x2464 10-bit RGGB] (${sensorId})
    Modes: 'SRGGB10_CSI2P' : 640x480 [206.65 fps - (1000, 752)/1280x960 crop]
                             1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]
`;
}

/** The size that the image processor makes of what was asked for: even numbers only. */
function configure(options) {
  const asked = { width: Number(options.width ?? 640), height: Number(options.height ?? 480) };
  const width = asked.width & ~1;
  const height = asked.height & ~1;
  say(`Mode selection for ${asked.width}:${asked.height}:12:P`);
  say("    SRGGB10_CSI2P,1640x1232/41.8456 - Score: 1100");
  if (width !== asked.width || height !== asked.height) say("Stream configuration adjusted");
  const raw = "1640x1232-SBGGR10_CSI2P/RAW";
  log("INFO", `Camera camera.cpp:1202 configuring streams: (0) ${width}x${height}-YUV420/sYCC (1) ${raw}`);
  return { width, height };
}

async function play({ width, height }, fps, timesFile) {
  const times = timesFile === undefined ? undefined : openSync(timesFile, "w");
  if (times !== undefined) writeSync(times, "# timecode format v2\n");
  const next = folder === undefined ? pattern(width, height) : await pictures(folder, width, height);
  const pad = padded(width, height);
  let dueMs = performance.now();
  for (let number = 0; ; number++) {
    const bytes = pad(await next(number));
    await goWrong(bytes);
    if (logFile !== undefined) appendFileSync(logFile, `${process.hrtime.bigint()} ${number}\n`);
    write(bytes);
    if (times !== undefined) writeSync(times, `${performance.now().toFixed(3)}\n`);
    dueMs += 1000 / (fault() === "slow" ? 1 : fps);
    // A sensor does not make up for frames that nobody could take.
    dueMs = Math.max(dueMs, performance.now());
    await sleep(dueMs - performance.now());
  }
}

async function goWrong(bytes) {
  const [name, count = ""] = fault().split(" ");
  if (!["stall", "die", "garbage", "partial", "text", "flood"].includes(name)) return;
  rmSync(faultFile, { force: true });
  if (name === "stall") await sleep(3_600_000);
  if (name === "die") {
    write(bytes.subarray(0, bytes.length / 2));
    process.abort();
  }
  if (name === "garbage") {
    const line = "a line that was meant for standard error, 71 bytes in another place\n";
    write(Buffer.alloc(Number(count || line.length), line));
  }
  if (name === "partial") write(bytes.subarray(0, Number(count || bytes.length / 3)));
  if (name === "text") {
    for (let line = 0; line < 20_000; line++) log("ERROR", `V4L2 v4l2_videodevice.cpp:2049 line ${line}`);
    for (let kilobytes = 0; kilobytes < 4096; kilobytes++) writeSync(2, "x".repeat(1024));
  }
  if (name === "flood") for (;;) write(bytes);
}

function fault() {
  if (faultFile === undefined || !existsSync(faultFile)) return "";
  return readFileSync(faultFile, "utf8").trim();
}

/** As libcamera logs, but not while cameras are listed. */
function log(level, text) {
  if (isSilent.value) return;
  const seconds = (performance.now() / 1000).toFixed(9).padStart(12, "0");
  say(`[0:19:${seconds}] [${process.pid}] ${level.padStart(5)} ${text}`);
}

function say(line) {
  writeSync(2, `${line}\n`);
}

function print(text) {
  write(Buffer.from(`${text}\n`));
}

/** Waits, as write(2) does, until the reader has room; ends with the reader. */
function write(bytes) {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  } catch (error) {
    if (error.code === "EPIPE") process.exit(255);
    throw error;
  }
}
