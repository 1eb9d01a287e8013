import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Frame } from "../../src/camera/frame.ts";
import type { FrameSource } from "../../src/camera/frame-source.ts";
import { createReplaySource, type ReplayOptions } from "../../src/camera/replay.ts";

let folder: string;
let source: FrameSource | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-replay-"));
});

afterEach(async () => {
  await source?.stop();
  source = undefined;
  await rm(folder, { recursive: true });
});

/** A gray picture whose luma says which one it is. */
async function picture(name: string, gray: number, width = 16, height = 12): Promise<string> {
  const path = join(folder, name);
  const background = { r: gray, g: gray, b: gray };
  await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toFile(path);
  return path;
}

/** A video of `seconds`, its luma rising with time, anamorphic where `sar` is not 1. */
async function video(name: string, seconds: number, size = "64x48", sar = "1"): Promise<string> {
  const path = join(folder, name);
  const input = `color=white:s=${size}:r=25:d=${seconds},geq=lum='16+T*100':cb=128:cr=128,setsar=${sar}`;
  await promisify(execFile)("ffmpeg", [
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    input,
    "-pix_fmt",
    "yuv420p",
    path,
  ]);
  return path;
}

/** Of every process of this machine. */
async function commandLines(): Promise<string> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  // A process may end while we look.
  const lines = processes.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}

interface Seen {
  gray: number;
  width: number;
  height: number;
  id: number;
  atMs: number;
}

interface Recording {
  seen: Seen[];
  warnings: string[];
  /** Resolves when so many frames were seen or the replay has ended. */
  until(frames: number): Promise<void>;
  ended: boolean;
  /** What broke it off. */
  error: unknown;
}

async function play(
  path: string,
  options: Partial<ReplayOptions>,
  onFrame?: (frame: Frame) => void,
): Promise<Recording> {
  let check = () => {};
  const recording: Recording = {
    seen: [],
    warnings: [],
    ended: false,
    error: null,
    until: (frames) =>
      new Promise((resolve) => {
        check = () => {
          if (recording.seen.length >= frames || recording.ended) resolve();
        };
        check();
      }),
  };
  source = createReplaySource(path, {
    fps: 50,
    loop: true,
    warn: (line) => recording.warnings.push(line),
    onEnd: (error) => {
      recording.ended = true;
      recording.error = error;
      check();
    },
    ...options,
  });
  await source.start((frame) => {
    const { width, height, id, capturedAtMs } = frame;
    recording.seen.push({ gray: frame.data[0]!, width, height, id, atMs: capturedAtMs });
    onFrame?.(frame);
    check();
  });
  return recording;
}

function grays({ seen }: Recording): number[] {
  return seen.map(({ gray }) => gray);
}

describe("a replay of pictures", () => {
  it("plays a folder in natural order and starts again", async () => {
    await picture("10.png", 100);
    await picture("9.png", 90);
    await picture("1.png", 10);
    const recording = await play(folder, { loop: true });
    await recording.until(7);
    expect(grays(recording).slice(0, 7)).toEqual([10, 90, 100, 10, 90, 100, 10]);
    expect(recording.seen.map(({ id }) => id).slice(0, 3)).toEqual([1, 2, 3]);
    expect(source?.stats).toEqual({ delivered: recording.seen.length, broken: 0 });
    expect(source?.description).toBe(`replay of ${folder} (3 pictures, 50 fps)`);
  });

  it("ends after the last picture without loop, and says so", async () => {
    await picture("1.png", 10);
    await picture("2.png", 20);
    const recording = await play(folder, { loop: false });
    await recording.until(100);
    expect(grays(recording)).toEqual([10, 20]);
    expect([recording.ended, recording.error]).toEqual([true, null]);
  });

  it("plays pictures of different sizes", async () => {
    await picture("1.png", 10, 33, 7);
    await picture("2.png", 20, 1, 1);
    const recording = await play(folder, { loop: false });
    await recording.until(100);
    expect(recording.seen.map(({ width, height }) => [width, height])).toEqual([
      [33, 7],
      [1, 1],
    ]);
  });

  it("scales large pictures down to 640, as videos", async () => {
    const recording = await play(await picture("large.png", 10, 1600, 1200), { loop: false });
    await recording.until(1);
    expect([recording.seen[0]!.width, recording.seen[0]!.height]).toEqual([640, 480]);
  });

  it("passes over a pipe, on which reading would hang", async () => {
    await promisify(execFile)("mkfifo", [join(folder, "1.png")]);
    await picture("2.png", 20);
    const recording = await play(folder, { loop: false });
    await recording.until(100);
    expect(grays(recording)).toEqual([20]);
    expect(recording.warnings).toEqual([
      `cannot read picture "${join(folder, "1.png")}": it is no file; replace it or leave it out`,
    ]);
  });

  it("plays a single picture over and over", async () => {
    const recording = await play(await picture("one.png", 77), { loop: true });
    await recording.until(4);
    expect(new Set(grays(recording))).toEqual(new Set([77]));
  });

  it("goes on past a broken picture, counts it each time and warns once", async () => {
    await picture("1.png", 10);
    await writeFile(join(folder, "2.jpg"), "no picture");
    await picture("3.png", 30);
    const recording = await play(folder, { loop: true });
    await recording.until(5);
    expect(grays(recording).slice(0, 5)).toEqual([10, 30, 10, 30, 10]);
    expect(source?.stats.broken).toBeGreaterThanOrEqual(2);
    expect(recording.warnings).toHaveLength(1);
    expect(recording.warnings[0]).toContain("2.jpg");
  });

  it("ends with a warning when all pictures have become unreadable", async () => {
    const path = await picture("1.png", 10);
    await picture("2.png", 20);
    const recording = await play(folder, { loop: true });
    await writeFile(path, "");
    await writeFile(join(folder, "2.png"), "");
    await recording.until(1000);
    expect(recording.ended).toBe(true);
    expect(recording.warnings.at(-1)).toContain("none of 2 pictures can be read");
    expect((recording.error as Error).message).toBe(recording.warnings.at(-1));
  });

  it("keeps the frame rate without drift", { retry: 2 }, async () => {
    await picture("1.png", 10);
    await picture("2.png", 20);
    const recording = await play(folder, { fps: 50 });
    await recording.until(101);
    // A busy machine delays single frames, or makes a place of the grid be left out. If each were late by a
    // millisecond more than the one before, all of the last would be late by a hundred.
    const lateMs = recording.seen.map(({ atMs }, i) => atMs - recording.seen[0]!.atMs - i * 20);
    expect(Math.min(...lateMs.slice(91))).toBeLessThan(60);
    expect(Math.max(...lateMs.slice(91))).toBeGreaterThan(-20);
  });

  it("skips ahead instead of bursting after the consumer was late", async () => {
    await picture("1.png", 10);
    let frames = 0;
    const recording = await play(folder, { fps: 20 }, () => {
      frames++;
      if (frames !== 2) return;
      const end = performance.now() + 400;
      while (performance.now() < end);
    });
    await recording.until(8);
    // 400 ms are eight places of the grid, which a burst would fill at once. Frame 3 comes late at its place
    // and frame 4 perhaps directly after it; those from there on a period apart, give or take one.
    const elapsedMs = recording.seen[7]!.atMs - recording.seen[1]!.atMs;
    expect(elapsedMs).toBeGreaterThan(400 + 3 * 50);
  });

  it("delivers nothing after stop, which may be called twice", async () => {
    await picture("1.png", 10);
    const recording = await play(folder, { fps: 60 });
    await recording.until(3);
    await Promise.all([source?.stop(), source?.stop()]);
    const count = recording.seen.length;
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(recording.seen).toHaveLength(count);
    expect(recording.ended).toBe(false);
  });

  it("can be stopped before it was started and while it starts", async () => {
    await picture("1.png", 10);
    const frames: Frame[] = [];
    const early = createReplaySource(folder, { fps: 50, loop: true });
    const starting = early.start((frame) => frames.push(frame));
    await early.stop();
    await starting;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(frames).toEqual([]);
    await createReplaySource(folder, { fps: 50, loop: true }).stop();
  });

  it("refuses an empty folder, a missing path and a folder of broken pictures", async () => {
    await expect(play(folder, {})).rejects.toMatchObject({ code: "XC_NO_PICTURES" });
    await expect(play(join(folder, "none"), {})).rejects.toMatchObject({ code: "XC_NO_PICTURES" });
    await writeFile(join(folder, "1.jpg"), "no picture");
    await expect(play(folder, {})).rejects.toMatchObject({ code: "XC_NO_PICTURES" });
  });
});

describe("a replay of a video", () => {
  it("plays at the video's own speed, whatever the frame rate, in full range", async () => {
    const recording = await play(await video("rising.mp4", 2), { fps: 10, loop: false });
    await recording.until(1000);
    const { seen } = recording;
    expect(seen.length).toBeGreaterThanOrEqual(19);
    expect(seen.length).toBeLessThanOrEqual(21);
    expect([seen[0]!.width, seen[0]!.height]).toEqual([64, 48]);
    // Limited-range 16 is black, that is 0 in full range; 100 a second become 116 a second.
    expect(seen[0]!.gray).toBeLessThan(8);
    expect(Math.abs(seen[10]!.gray - 116)).toBeLessThan(15);
    const elapsedMs = seen[10]!.atMs - seen[0]!.atMs;
    expect(elapsedMs).toBeGreaterThan(900);
    expect(elapsedMs).toBeLessThan(1400);
  });

  it("starts again at its end", async () => {
    const recording = await play(await video("short.mkv", 0.4), { fps: 10 });
    await recording.until(9);
    const values = grays(recording);
    expect(values.filter((gray) => gray < 8).length).toBeGreaterThanOrEqual(2);
  });

  it("scales wide videos down to 640 and makes pixels square", async () => {
    const wide = await play(await video("wide.mp4", 0.2, "960x540"), { loop: false });
    await wide.until(1);
    expect([wide.seen[0]!.width, wide.seen[0]!.height]).toEqual([640, 360]);
    await source?.stop();
    const squeezed = await play(await video("squeezed.mp4", 0.2, "100x100", "16/9"), { loop: false });
    await squeezed.until(1);
    expect([squeezed.seen[0]!.width, squeezed.seen[0]!.height]).toEqual([177, 100]);
  });

  it("leaves no ffmpeg behind when it is stopped in the middle", async () => {
    const path = await video("long.mp4", 3, "160x120");
    const recording = await play(path, { fps: 25 });
    await recording.until(2);
    expect(await commandLines()).toContain(path);
    await source?.stop();
    expect(await commandLines()).not.toContain(path);
  });

  it("starts no ffmpeg when it is stopped while it opens the file", async () => {
    const pipe = join(folder, "pipe.mp4");
    await promisify(execFile)("mkfifo", [pipe]);
    const source = createReplaySource(pipe, { fps: 5, loop: true });
    const started = source.start(() => {});
    await source.stop();
    await started; // An ffmpeg that was started would wait for somebody to write to the pipe.
  });

  it("names the file and ffmpeg's reason when ffmpeg cannot play it", async () => {
    const path = join(folder, "notes.mp4");
    await writeFile(path, "This is no video.");
    const failure = play(path, {});
    await expect(failure).rejects.toMatchObject({ code: "XC_FFMPEG_FAILED" });
    await expect(failure).rejects.toThrow(/^ffmpeg cannot play ".*notes\.mp4": .*Invalid data[^\n]*$/);
  });

  it("says how to install ffmpeg where it is missing", async () => {
    const path = await video("short.mp4", 0.2);
    const before = process.env.PATH;
    process.env.PATH = "";
    try {
      const failure = play(path, {});
      await expect(failure).rejects.toMatchObject({ code: "XC_FFMPEG_MISSING" });
      await expect(failure).rejects.toThrow("sudo apt install ffmpeg");
    } finally {
      process.env.PATH = before;
    }
  });
});
