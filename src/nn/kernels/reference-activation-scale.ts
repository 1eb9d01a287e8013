import type { Kernels } from "./kernels.ts";

const { fround } = Math;

/** Partial sums over the channels: so that they can be added at the same time. */
const lanes = 8;

/**
 * XNOR-Net's K. The magnitudes of each pixel are added up once, in a buffer that grows to the largest map and is kept.
 */
export function createActivationScale(): Kernels["activationScale"] {
  let magnitudes = new Float32Array(0);
  const partial = new Float32Array(lanes);

  return (x, shape, { kernel, stride, padding }, out, outShape) => {
    const { height, width, channels } = shape;
    if (magnitudes.length < height * width) magnitudes = new Float32Array(height * width);
    for (let pixel = 0; pixel < height * width; pixel++) {
      partial.fill(0);
      for (let c = 0; c < channels; c++) partial[c % lanes]! += Math.abs(x[pixel * channels + c]!);
      let sum = 0;
      for (const part of partial) sum = fround(sum + part);
      magnitudes[pixel] = sum;
    }
    const count = kernel * kernel * channels;
    let position = 0;
    for (let outY = 0; outY < outShape.height; outY++) {
      for (let outX = 0; outX < outShape.width; outX++) {
        let sum = 0;
        for (let row = 0; row < kernel; row++) {
          const y = outY * stride - padding + row;
          if (y < 0 || y >= height) continue;
          for (let column = 0; column < kernel; column++) {
            const from = outX * stride - padding + column;
            if (from >= 0 && from < width) sum += magnitudes[y * width + from]!;
          }
        }
        out[position++] = sum / count;
      }
    }
  };
}
