import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { i420Bytes, planes } from "../../src/camera/frame.ts";
import { decodePicture } from "../../src/image/decode-picture.ts";

const orange = { r: 200, g: 100, b: 40 };
/** Y, U, V of `orange`. */
const orangeYuv = [123, 81, 183];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xnorcam-decode-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

function plain(width: number, height: number, background: string | typeof orange = orange) {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** The first sample of each plane. */
async function firstSamples(path: string): Promise<number[]> {
  const { y, u, v } = planes(await decodePicture(path));
  return [y[0]!, u[0]!, v[0]!];
}

describe("decodePicture", () => {
  it("reads a PNG exactly", async () => {
    const picture = await decodePicture(await file("plain.png", await plain(7, 5).png().toBuffer()));
    expect([picture.width, picture.height, picture.data.length]).toEqual([7, 5, i420Bytes(7, 5)]);
    const { y, u, v } = planes(picture);
    expect([...new Set(y), ...new Set(u), ...new Set(v)]).toEqual(orangeYuv);
  });

  it.each([
    ["16-bit PNG", "deep.png", () => plain(5, 5).toColorspace("rgb16").png()],
    ["palette PNG", "palette.png", () => plain(5, 5).png({ palette: true })],
    ["lossless WebP", "plain.webp", () => plain(5, 5).webp({ lossless: true })],
    ["TIFF", "plain.tif", () => plain(5, 5).tiff({ compression: "lzw" })],
    ["1×1 PNG", "one.png", () => plain(1, 1).png()],
  ])("reads a %s exactly", async (_kind, name, make) => {
    expect(await firstSamples(await file(name, await make().toBuffer()))).toEqual(orangeYuv);
  });

  it("reads a CMYK JPEG in colors near its own", async () => {
    const path = await file(
      "cmyk.jpg",
      await plain(16, 16).toColorspace("cmyk").jpeg({ quality: 100 }).toBuffer(),
    );
    for (const [i, sample] of (await firstSamples(path)).entries()) {
      expect(Math.abs(sample - orangeYuv[i]!)).toBeLessThan(20);
    }
  });

  it.each([
    ["8-bit gray PNG", "gray.png", () => plain(5, 5, "#4d4d4d").toColorspace("b-w").png()],
    ["16-bit gray PNG", "gray16.png", () => plain(5, 5, "#4d4d4d").toColorspace("grey16").png()],
    ["gray JPEG", "gray.jpg", () => plain(5, 5, "#4d4d4d").toColorspace("b-w").jpeg()],
  ])("reads an %s without a tint", async (_kind, name, make) => {
    expect(await firstSamples(await file(name, await make().toBuffer()))).toEqual([77, 128, 128]);
  });

  it("lays transparency on mid-gray", async () => {
    const clear = sharp({
      create: { width: 4, height: 4, channels: 4, background: { ...orange, alpha: 0 } },
    });
    expect(await firstSamples(await file("clear.png", await clear.png().toBuffer()))).toEqual([
      128, 128, 128,
    ]);
  });

  it("applies the EXIF orientation", async () => {
    const black = await plain(2, 4, "black").png().toBuffer();
    const image = plain(4, 4, "white").composite([{ input: black, left: 0, top: 0 }]);
    const upright = await image.png().toBuffer();
    const wide = await sharp(upright).extend({ right: 2, background: "white" }).png().toBuffer();
    // Orientation 6: the camera's left side is the picture's top.
    const path = await file(
      "turned.png",
      await sharp(wide).withMetadata({ orientation: 6 }).png().toBuffer(),
    );
    const picture = await decodePicture(path);
    expect([picture.width, picture.height]).toEqual([4, 6]);
    const { y } = planes(picture);
    expect([y[0], y[3], y[2 * 4], y[5 * 4]]).toEqual([0, 0, 255, 255]);
  });

  it("reads the first picture of an animation", async () => {
    const frames = [await plain(6, 4, "black").png().toBuffer(), await plain(6, 4, "white").png().toBuffer()];
    const path = await file(
      "moving.gif",
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    );
    const picture = await decodePicture(path);
    expect([picture.width, picture.height, picture.data[0]]).toEqual([6, 4, 0]);
  });

  it("refuses 12,000×9,000 pixels before decoding them, in one line with size, limit and fix", async () => {
    const png = await plain(1, 1).png().toBuffer();
    // Only the header says so: were it decoded, the error would be another one.
    png.writeUInt32BE(12_000, 16);
    png.writeUInt32BE(9_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    const path = await file("huge.png", png);
    const error = await decodePicture(path).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "XC_PICTURE_TOO_LARGE" });
    expect((error as Error).message).toMatch(
      /^picture ".*huge\.png" has 12000×9000 pixels \(108\.0 .*24 .*: make/,
    );
    expect((error as Error).message).not.toContain("\n");
  });

  it("refuses a side of more than 65,535 pixels, which JPEG can't hold", async () => {
    const path = await file("long.png", await plain(65_536, 1).png().toBuffer());
    await expect(decodePicture(path)).rejects.toMatchObject({ code: "XC_PICTURE_TOO_LARGE" });
  });

  it("scales a picture down to the longest side that is wanted, after turning it, and never up", async () => {
    // Orientation 6: lies on its side.
    const turned = await plain(400, 300).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const path = await file("turned.jpg", turned);
    const { width, height, data } = await decodePicture(path, { longestSide: 200 });
    expect([width, height, data.length]).toEqual([150, 200, i420Bytes(150, 200)]);
    const small = await decodePicture(path, { longestSide: 640 });
    expect([small.width, small.height]).toEqual([300, 400]);
  });

  it.each([
    ["a text file named .jpg", "text.jpg", () => "Dear camera,\n"],
    ["an empty file", "empty.png", () => ""],
    ["a truncated JPEG", "cut.jpg", () => truncated("jpeg")],
    ["a truncated PNG", "cut.png", () => truncated("png")],
    ["a truncated WebP", "cut.webp", () => truncated("webp")],
  ])("says of %s that it cannot be read, by name and in one line", async (_kind, name, make) => {
    const error = await decodePicture(await file(name, await make())).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "XC_PICTURE_UNREADABLE" });
    expect((error as Error).message).toContain(name);
    expect((error as Error).message).not.toContain("\n");
  });

  it("says so when the file is missing or a folder", async () => {
    await expect(decodePicture(join(folder, "none.jpg"))).rejects.toMatchObject({
      code: "XC_PICTURE_UNREADABLE",
    });
    await expect(decodePicture(folder)).rejects.toMatchObject({ code: "XC_PICTURE_UNREADABLE" });
  });
});

async function truncated(format: "jpeg" | "png" | "webp"): Promise<Buffer> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const whole = await sharp({ create: { width: 200, height: 200, channels: 3, noise, background: "gray" } })
    .toFormat(format)
    .toBuffer();
  return whole.subarray(0, Math.floor(whole.length * 0.7));
}
