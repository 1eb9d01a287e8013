import { popcount, wordsFor } from "../bits.ts";
import type { MapShape } from "../shape.ts";
import { gatherBits } from "./gather-bits.ts";
import type { Kernels } from "./kernels.ts";

const { fround } = Math;

/** Quantizes activations to bit-planes; see `Kernels.bitPlanes`. */
export function bitPlanes(
  x: Float32Array,
  shape: MapShape,
  scale: Float32Array,
  planes: number,
  out: Int32Array,
): void {
  const { channels } = shape;
  const words = wordsFor(channels);
  const pixels = shape.height * shape.width;
  const top = 2 ** planes - 1;
  out.fill(0, 0, planes * pixels * words);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const scaled = Math.max(0, Math.min(top, fround(x[pixel * channels + c]! * scale[c]!)));
      const level = Math.floor(fround(scaled + 0.5));
      const word = pixel * words + (c >>> 5);
      for (let plane = 0; plane < planes; plane++) {
        out[plane * pixels * words + word]! |= ((level >>> plane) & 1) << (c & 31);
      }
    }
  }
}

/**
 * k-bit convolution by bit-planes: Σ aᵢ·wⱼ = 2·popcount(aᵢ and wⱼ) − popcount(aᵢ) for aᵢ of 0 or 1, wⱼ of ±1. As in a
 * binary convolution, windows are gathered once, in a buffer that is kept.
 */
export function createPlaneConv(): Kernels["planeConv"] {
  let patch = new Int32Array(0);

  return (bits, planes, shape, window, weight, weightPlanes, out, outShape) => {
    const words = wordsFor(shape.channels);
    const mapWords = shape.height * shape.width * words;
    const patchWords = window.kernel * window.kernel * words;
    if (patch.length < patchWords) patch = new Int32Array(patchWords);
    const gathered = patch;
    const outputs = outShape.channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++, position += outputs) {
        out.fill(0, position, position + outputs);
        for (let plane = 0; plane < planes; plane++) {
          gatherBits(bits, plane * mapWords, shape, window, -1, outY, outX, gathered);
          let set = 0;
          for (let i = 0; i < patchWords; i++) set += popcount(gathered[i]!);
          for (let filter = 0, w = 0; filter < weightPlanes * outputs; filter++) {
            let both = 0;
            for (let i = 0; i < patchWords; i++) both += popcount(gathered[i]! & weight[w++]!);
            const weightPlane = Math.floor(filter / outputs);
            out[position + (filter % outputs)]! += (2 * both - set) * 2 ** (plane + weightPlane);
          }
        }
      }
    }
  };
}

/** Ternary weights on signs: Σ = popcount(mask) − 2·popcount((a xor sign) and mask), over the bits that count. */
export function createTernaryConv(): Kernels["ternaryConv"] {
  let patch = new Int32Array(0);
  let inside = new Int32Array(0);

  return (bits, shape, window, paddingSign, sign, mask, out, outShape) => {
    const patchWords = window.kernel * window.kernel * wordsFor(shape.channels);
    if (patch.length < patchWords) {
      patch = new Int32Array(patchWords);
      inside = new Int32Array(patchWords);
    }
    const gathered = patch;
    const counts = inside;
    const isWhole = paddingSign !== 0; // the window: all of its bits count
    if (isWhole) counts.fill(-1);
    const outputs = outShape.channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        gatherBits(bits, 0, shape, window, paddingSign, outY, outX, gathered, isWhole ? undefined : counts);
        for (let o = 0, w = 0; o < outputs; o++) {
          let sum = 0;
          for (let i = 0; i < patchWords; i++, w++) {
            const counted = mask[w]! & counts[i]!;
            sum += popcount(counted) - 2 * popcount((gathered[i]! ^ sign[w]!) & counted);
          }
          out[position++] = sum;
        }
      }
    }
  };
}
