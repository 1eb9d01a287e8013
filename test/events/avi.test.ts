import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AviWriter, readAvi } from "../../src/events/avi.ts";
import { timeIn, withTime } from "../../src/events/timed-jpeg.ts";
import { sharp } from "../../src/image/sharp.ts";

const size = { width: 64, height: 48 };
const times = [-400, -200, 0, 250, 400, 1400];

let folder: string;
let file: string;
let fd: number;
let jpegs: Buffer[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "xnorcam-avi-"));
  file = join(folder, "clip.avi");
  fd = openSync(file, "w+");
  const made = times.map((_, i) =>
    sharp({ create: { ...size, channels: 3, background: { r: 40 * i, g: 99, b: 9 } } })
      .jpeg()
      .toBuffer(),
  );
  jpegs = (await Promise.all(made)).map((jpeg, i) => withTime(jpeg, times[i]!));
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

/** @returns bytes of the file */
function write(): number {
  const writer = new AviWriter(fd, size);
  for (const [i, jpeg] of jpegs.entries()) writer.add(jpeg, times[i]!);
  return writer.finish();
}

function probe(): Record<string, string> {
  const shown = "stream=codec_name,width,height,nb_read_frames,duration";
  const args = ["-v", "error", "-count_frames", "-show_entries", shown, "-of", "json", file];
  const { streams } = JSON.parse(execFileSync("ffprobe", args, { encoding: "utf8" })) as {
    streams: Record<string, string>[];
  };
  return streams[0]!;
}

describe("a clip", () => {
  test("is played by others, for as long as it took", () => {
    write();
    expect(probe()).toMatchObject({ codec_name: "mjpeg", width: 64, height: 48, nb_read_frames: "6" });
    // Six frames of 360 ms in the mean.
    expect(Number(probe().duration)).toBeCloseTo(2.16, 2);
  });

  test("says of each frame when it was and where it lies", () => {
    write();
    const { frames, ...rest } = readAvi(fd)!;
    expect(rest).toEqual(size);
    expect(frames.map(({ sinceBeganMs }) => sinceBeganMs)).toEqual(times);
    for (const [i, { offset, bytes }] of frames.entries()) {
      const read = Buffer.alloc(bytes);
      readSync(fd, read, 0, bytes, offset);
      expect(read.equals(jpegs[i]!)).toBe(true);
    }
  });

  test("that lost its end at any byte keeps its whole frames and plays when it was mended", () => {
    const whole = write();
    const { frames } = readAvi(fd)!;
    for (let bytes = whole - 1; bytes >= 0; bytes -= 7) {
      ftruncateSync(fd, 0);
      write();
      ftruncateSync(fd, bytes);
      const kept = frames.filter((frame) => frame.offset + frame.bytes <= bytes);
      expect(readAvi(fd)?.frames ?? []).toEqual(kept);
    }
    ftruncateSync(fd, 0);
    write();
    ftruncateSync(fd, frames[4]!.offset + 5);
    const found = readAvi(fd)!;
    ftruncateSync(fd, found.frames.at(-1)!.offset + found.frames.at(-1)!.bytes);
    new AviWriter(fd, found, found.frames).finish();
    expect(probe().nb_read_frames).toBe("4");
  });
});

describe("the time in a JPEG", () => {
  test("is read from its first bytes, and the picture stays what it was", async () => {
    expect(jpegs.map((jpeg) => timeIn(jpeg.subarray(0, 48)))).toEqual(times);
    expect(await sharp(jpegs[3]!).metadata()).toMatchObject({ format: "jpeg", ...size });
  });

  test("is in no other JPEG, and in no nonsense", async () => {
    const plain = await sharp({ create: { ...size, channels: 3, background: "red" } })
      .jpeg()
      .toBuffer();
    for (const bytes of [
      plain,
      Buffer.alloc(48),
      Buffer.alloc(0),
      Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 99]),
    ]) {
      expect(timeIn(bytes)).toBeNull();
    }
  });
});
