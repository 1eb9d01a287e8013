import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** α and BatchNorm behind a convolution in integers, folded to a scale and a shift a channel: sums → real map. */
export function planAffine(context: LayerContext<"affine">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "sums");
  const scale = model.floats(`${spec.name}.scale`, [shape.channels]);
  const bias = model.floats(`${spec.name}.bias`, [shape.channels]);
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes: scale.byteLength + bias.byteLength,
    bind:
      (kernels, [sums], out) =>
      () =>
        kernels.affine(sums as Int32Array, shape, scale, bias, out as Float32Array),
  };
}
