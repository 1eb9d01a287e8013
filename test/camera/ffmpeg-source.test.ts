import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FfmpegSource } from "../../src/camera/ffmpeg-source.ts";
import { i420Bytes } from "../../src/camera/frame.ts";
import type { XnorcamError } from "../../src/errors.ts";
import { RtspServer, testVideo } from "../helpers/rtsp-server.ts";
import { until } from "../helpers/until.ts";

const settings = {
  width: 320,
  height: 240,
  fps: 10,
  rotation: 0,
  hflip: false,
  vflip: false,
  roi: null,
} as const;
const path = process.env.PATH;

let folder: string;
let source: FfmpegSource | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-ffmpeg-"));
});
afterEach(async () => {
  process.env.PATH = path;
  await source?.stop();
  source = undefined;
  rmSync(folder, { recursive: true });
});

function watch(target: string, change: Partial<ConstructorParameters<typeof FfmpegSource>[1]> = {}) {
  const seen = { sizes: [] as string[], corners: [] as number[] };
  const failures: XnorcamError[] = [];
  source = new FfmpegSource(
    target,
    { ...settings, ...change },
    { warn: () => {}, onFailure: (error) => failures.push(error) },
  );
  const started = source.start(({ width, height, data }) => {
    expect(data.length).toBe(i420Bytes(width, height));
    seen.sizes.push(`${width}x${height}`);
    seen.corners.push(data[0]!);
  });
  return { source, started, seen, failures };
}

/** Command lines of our own ffmpeg processes. */
function ffmpegs(): { id: number; commandLine: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const isOurs =
          readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === `${process.pid}`;
        const commandLine = readFileSync(`/proc/${id}/cmdline`, "utf8");
        return isOurs && commandLine.includes("yuv4mpegpipe") ? [{ id: Number(id), commandLine }] : [];
      } catch {
        return [];
      }
    });
}

describe("a file in place of a camera", () => {
  test("plays again and again, in its own shape, and starts again when ffmpeg dies", async () => {
    const file = join(folder, "a.mkv");
    testVideo(file);
    const { source, started, seen, failures } = watch(file);
    await started;
    // One second has ten frames.
    await until("it has played twice", () => seen.sizes.length > 22, 15_000);
    expect(new Set(seen.sizes)).toEqual(new Set(["320x180"]));
    expect(source.description).toBe(`camera ${file} (ffmpeg, 10 fps)`);

    for (const { id } of ffmpegs()) process.kill(id, "SIGKILL");
    const { length } = seen.sizes;
    await until("frames come again", () => seen.sizes.length > length + 3, 15_000);
    expect(failures.map(({ code }) => code)).toEqual(["XC_CAMERA_FAILED"]);
    await source.stop();
    expect(ffmpegs()).toEqual([]);
  }, 40_000);

  test("is turned and cut as the settings say", async () => {
    const file = join(folder, "a.mkv");
    testVideo(file);
    const upright = watch(file);
    await upright.started;
    await upright.source.stop();
    const turned = watch(file, { rotation: 180 });
    await turned.started;
    // The test picture has another color at its lower right.
    expect(turned.seen.corners[0]).not.toBe(upright.seen.corners[0]);
    await turned.source.stop();
    const both = watch(file, { rotation: 180, hflip: true, vflip: true });
    await both.started;
    expect(both.seen.corners[0]).toBe(upright.seen.corners[0]);
    await both.source.stop();
    const cut = watch(file, { roi: [0, 0, 0.5, 1] });
    await cut.started;
    expect(cut.seen.sizes[0]).toBe("160x180");
  }, 40_000);
});

describe("a camera on the network", () => {
  test("is read over RTSP with its password, which no list of processes shows", async () => {
    const camera = await RtspServer.start("guard:pa ss'w/d");
    try {
      const { source, started, seen } = watch(
        `rtsp://guard:pa%20ss%27w%2Fd@127.0.0.1:${camera.port}/live?key=abc`,
      );
      await started;
      await until("some have come", () => seen.sizes.length >= 5, 15_000);
      expect(seen.sizes.at(-1)).toBe("320x240");
      expect(source.description).toBe(`camera rtsp://…@127.0.0.1:${camera.port}/live?… (ffmpeg, 10 fps)`);
      expect(camera.requests.some((head) => head.includes("RTP/AVP/TCP"))).toBe(true);
      const [running] = ffmpegs();
      expect(running?.commandLine).toContain("pipe:0");
      expect(running?.commandLine).not.toMatch(/guard|pa%20ss|abc/);
    } finally {
      await camera.stop();
    }
  }, 40_000);

  test("that refuses the password is told without it", async () => {
    const camera = await RtspServer.start("guard:right");
    try {
      const { started } = watch(`rtsp://guard:wrong@127.0.0.1:${camera.port}/live`);
      await expect(started).rejects.toMatchObject({
        code: "XC_CAMERA_PERMISSION",
        message: expect.stringMatching(
          /^camera rtsp:\/\/…@127\.0\.0\.1:\d+\/live: it refuses user name and password/,
        ),
      });
      expect(ffmpegs()).toEqual([]);
    } finally {
      await camera.stop();
    }
  }, 40_000);

  test("that accepts and sends nothing is given up, and nothing is left", async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).resume();
    }).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const { started } = watch(`rtsp://guard:secret@127.0.0.1:${port}/live`);
    await expect(started).rejects.toMatchObject({
      code: "XC_CAMERA_FAILED",
      message: `camera rtsp://…@127.0.0.1:${port}/live: it sent no frame in 10 s; check that the camera is on, and the address with \`ffplay\``,
    });
    expect(sockets.size).toBeGreaterThan(0);
    expect(ffmpegs()).toEqual([]);
    for (const socket of sockets) socket.destroy();
    silent.close();
  }, 40_000);

  test("that nobody answers for is told at once, without its password", async () => {
    const { started } = watch("rtsp://guard:secret@127.0.0.1:1/live");
    const error = (await started.catch((reason: unknown) => reason)) as XnorcamError;
    expect(error.code).toBe("XC_CAMERA_FAILED");
    expect(error.message).toContain("refused");
    expect(error.message).not.toMatch(/secret|\n/);
  }, 40_000);
});

test("a webcam that is not there, and a system without ffmpeg, are told with the fix", async () => {
  await expect(watch("/dev/video99").started).rejects.toMatchObject({
    code: "XC_CAMERA_MISSING",
    message:
      "camera /dev/video99: there is no such camera: `v4l2-ctl --list-devices` shows those that are there",
  });
  process.env.PATH = folder;
  await expect(watch("rtsp://a:b@127.0.0.1/").started).rejects.toMatchObject({
    code: "XC_FFMPEG_MISSING",
    message: "ffmpeg, which reads rtsp://…@127.0.0.1/, is not installed: run `sudo apt install ffmpeg`",
  });
}, 20_000);
