import type { MapShape } from "../shape.ts";
import type { Kernels, Window } from "./kernels.ts";

/**
 * Real convolution: the values of a pixel's window are gathered once, zeros outside the map, and meet the weights of
 * every output channel. The buffer for them grows to the largest window and is kept, so that a network that has run
 * once allocates nothing more.
 */
export function createConv(): Kernels["conv"] {
  let patch = new Float32Array(0);

  return (x, shape, window, weight, bias, out, outShape) => {
    const taps = window.kernel * window.kernel * shape.channels;
    if (patch.length < taps) patch = new Float32Array(taps);
    const gathered = patch;
    const outputs = outShape.channels;
    let position = 0;
    for (let y = 0; y < outShape.height; y++) {
      for (let column = 0; column < outShape.width; column++) {
        gather(x, shape, window, y, column, gathered);
        for (let o = 0, w = 0; o < outputs; o++) {
          let sum = bias[o]!;
          for (let i = 0; i < taps; i++) sum += gathered[i]! * weight[w++]!;
          out[position++] = sum;
        }
      }
    }
  };
}

/** 8-bit convolution: the same in integers. */
export function createInt8Conv(): Kernels["int8Conv"] {
  let patch = new Int8Array(0);

  return (x, shape, window, paddingValue, weight, out, outShape) => {
    const taps = window.kernel * window.kernel * shape.channels;
    if (patch.length < taps) patch = new Int8Array(taps);
    const gathered = patch;
    const outputs = outShape.channels;
    let position = 0;
    for (let y = 0; y < outShape.height; y++) {
      for (let column = 0; column < outShape.width; column++) {
        gather(x, shape, window, y, column, gathered, paddingValue);
        for (let o = 0, w = 0; o < outputs; o++) {
          let sum = 0;
          for (let i = 0; i < taps; i++) sum = (sum + Math.imul(gathered[i]!, weight[w++]!)) | 0;
          out[position++] = sum;
        }
      }
    }
  };
}

/** The window of output pixel (outX, outY): `kernel × kernel × channels` values, `outside` the map that one. */
export function gather<Values extends Float32Array | Int8Array>(
  x: Values,
  shape: MapShape,
  { kernel, stride, padding }: Window,
  outY: number,
  outX: number,
  patch: Values,
  outside = 0,
): void {
  const { height, width, channels } = shape;
  // The taps of a row are neighbors in memory, in the map as in the patch.
  const run = kernel * channels;
  const left = (outX * stride - padding) * channels;
  let filled = 0;
  for (let row = 0; row < kernel; row++) {
    const y = outY * stride - padding + row;
    const inside = y >= 0 && y < height;
    const line = y * width * channels;
    for (let i = left; i < left + run; i++) {
      patch[filled++] = inside && i >= 0 && i < width * channels ? x[line + i]! : outside;
    }
  }
}
