import { describe, expect, it } from "vitest";
import { readY4m } from "../../src/camera/y4m.ts";

const header = "YUV4MPEG2 W3 H2 F5:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n";

/** Two frames of 3×2 pixels: 6 + 2 + 2 bytes each, line feeds among them. */
const stream = Buffer.concat([
  Buffer.from(`${header}FRAME\n`),
  Buffer.from([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  Buffer.from("FRAME Ip\n"),
  Buffer.from([20, 21, 10, 10, 24, 25, 26, 27, 28, 29]),
]);

async function* inChunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function framesOf(bytes: Uint8Array, chunkSize = 16) {
  const frames = [];
  for await (const { width, height, data } of readY4m(inChunksOf(bytes, chunkSize))) {
    frames.push({ width, height, data: [...data] });
  }
  return frames;
}

describe("readY4m", () => {
  it.each([1, 2, 7, 64, 1000])("reads frames from chunks of %i bytes", async (chunkSize) => {
    expect(await framesOf(stream, chunkSize)).toEqual([
      { width: 3, height: 2, data: [10, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
      { width: 3, height: 2, data: [20, 21, 10, 10, 24, 25, 26, 27, 28, 29] },
    ]);
  });

  it("drops a frame that breaks off", async () => {
    expect(await framesOf(stream.subarray(0, stream.length - 1))).toHaveLength(1);
    expect(await framesOf(Buffer.from(header))).toEqual([]);
    expect(await framesOf(Buffer.alloc(0))).toEqual([]);
  });

  it.each([
    ["another format", "RIFF1234WAVE\n"],
    ["no size", "YUV4MPEG2 F5:1 C420jpeg\n"],
    ["another sampling", "YUV4MPEG2 W3 H2 C444\n"],
    ["endless text", "x".repeat(5000)],
    ["a frame without its marker", `${header}12345\n`],
  ])("refuses %s", async (_what, text) => {
    await expect(framesOf(Buffer.from(text))).rejects.toMatchObject({ code: "XC_FFMPEG_FAILED" });
  });
});
