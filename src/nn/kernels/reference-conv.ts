import type { Kernels } from "./kernels.ts";

/** Real convolution: for each output pixel and channel, the sum over the window's taps that lie in the map. */
export const conv: Kernels["conv"] = (x, shape, window, weight, bias, out, outShape) => {
  const { kernel, stride, padding } = window;
  const inputs = shape.channels;
  const outputs = outShape.channels;
  let position = 0;
  for (let outY = 0; outY < outShape.height; outY++) {
    const top = outY * stride - padding;
    const firstRow = Math.max(0, -top);
    const lastRow = Math.min(kernel, shape.height - top);
    for (let outX = 0; outX < outShape.width; outX++) {
      const left = outX * stride - padding;
      const firstColumn = Math.max(0, -left);
      const run = (Math.min(kernel, shape.width - left) - firstColumn) * inputs;
      for (let o = 0; o < outputs; o++) {
        let sum = bias[o]!;
        for (let row = firstRow; row < lastRow; row++) {
          // The taps of a row are neighbors in memory, in the map as in the weights.
          let from = ((top + row) * shape.width + left + firstColumn) * inputs;
          let w = ((o * kernel + row) * kernel + firstColumn) * inputs;
          for (const end = from + run; from < end; from++, w++) sum += x[from]! * weight[w]!;
        }
        out[position++] = sum;
      }
    }
  }
};
