import { expect, it } from "vitest";
import { i420Bytes } from "../../src/camera/frame.ts";
import { nativeResamplers } from "../../src/detect/native-resampler.ts";
import { Letterbox } from "../../src/image/letterbox.ts";
import { loadAddon } from "../../src/nn/kernels/native.ts";
import { randomFrom } from "../../src/random.ts";

const random = randomFrom(4);
const extent = () => 1 + Math.floor(random() ** 3 * 1300);
const sizes = [
  [640, 480],
  [1296, 972],
  [224, 224],
  [1, 1],
  [225, 161],
  ...Array.from({ length: 60 }, () => [extent(), extent()]),
];

it("letterboxing in C gives the bytes of letterboxing in TypeScript, whatever the size of the picture", () => {
  const limits = { width: 224, height: 224, multiple: 32 };
  const native = new Letterbox(limits, nativeResamplers(loadAddon()));
  const plain = new Letterbox(limits);
  for (const [width = 0, height = 0] of sizes) {
    const data = Uint8Array.from({ length: i420Bytes(width, height) }, () => random() * 256);
    const { windowWidth, windowHeight } = plain.geometryOf(width, height);
    const [wanted, found] = [plain, native].map((letterbox) => {
      const out = new Uint8Array(3 * windowWidth * windowHeight).fill(7);
      letterbox.apply({ width, height, data }, out);
      return out;
    });
    expect(Buffer.compare(found!, wanted!), `${width}×${height}`).toBe(0);
  }
});
