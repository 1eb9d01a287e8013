import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** Real map → bytes, by a scale a channel: what an 8-bit convolution reads. */
export function planQuantize(context: LayerContext<"quantize">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "real");
  const scale = model.floats(`${spec.name}.scale`, [shape.channels]);
  return {
    kind: "bytes",
    shape,
    macs: noMacs,
    parameterBytes: scale.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.quantize(x as Float32Array, shape, scale, out as Int8Array),
  };
}
