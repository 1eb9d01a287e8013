import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { i420Bytes, type Picture } from "../../src/camera/frame.ts";
import { rgbToI420 } from "../../src/image/color.ts";
import { JpegEncoder } from "../../src/image/jpeg.ts";

function plain(width: number, height: number, rgb: readonly [number, number, number]): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = rgb[i % 3]!;
  const data = new Uint8Array(i420Bytes(width, height));
  rgbToI420(pixels, width, height, data);
  return { width, height, data };
}

async function meanColor(jpeg: Buffer): Promise<number[]> {
  const { channels } = await sharp(jpeg).stats();
  return channels.map((channel) => Math.round(channel.mean));
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(4);
}

describe("JpegEncoder", () => {
  it.each([
    [64, 48],
    [33, 17],
    [1, 1],
  ])("makes a JPEG of a %i×%i picture in its colors", async (width, height) => {
    const jpeg = await new JpegEncoder().encode(plain(width, height, [200, 100, 40]));
    const { format, width: w, height: h, chromaSubsampling } = await sharp(jpeg).metadata();
    expect({ format, w, h, chromaSubsampling }).toEqual({
      format: "jpeg",
      w: width,
      h: height,
      chromaSubsampling: "4:2:0",
    });
    expectNear(await meanColor(jpeg), [200, 100, 40]);
  });

  it("keeps pictures apart that are encoded at the same time, even if their bytes change meanwhile", async () => {
    const encoder = new JpegEncoder();
    const colors = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [90, 90, 90],
    ] as const;
    const picture = plain(320, 240, [0, 0, 0]);
    const encoded = colors.map((color) => {
      picture.data.set(plain(320, 240, color).data);
      return encoder.encode(picture);
    });
    picture.data.fill(0);
    for (const [i, jpeg] of (await Promise.all(encoded)).entries()) {
      expectNear(await meanColor(jpeg), colors[i]!);
    }
  });

  it("follows a change of size", async () => {
    const encoder = new JpegEncoder();
    await encoder.encode(plain(16, 16, [1, 2, 3]));
    const { width, height } = await sharp(await encoder.encode(plain(31, 9, [1, 2, 3]))).metadata();
    expect([width, height]).toEqual([31, 9]);
  });

  it("makes smaller files at lower quality", async () => {
    const picture = plain(160, 120, [0, 0, 0]);
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = (i * 7919) & 255;
    const [low, high] = [
      await new JpegEncoder(30).encode(picture),
      await new JpegEncoder(95).encode(picture),
    ];
    expect(low.length).toBeLessThan(high.length);
  });
});
