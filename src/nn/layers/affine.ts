import { inputOf, type LayerContext, type LayerPlan, noMacs, scaleAndBias } from "./layer.ts";

/** α and BatchNorm behind a convolution in integers, folded to a scale and a shift a channel: sums → real map. */
export function planAffine(context: LayerContext<"affine">): LayerPlan {
  const shape = inputOf(context, "sums");
  const { scale, bias, parameterBytes } = scaleAndBias(context, shape.channels);
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes,
    bind:
      (kernels, [sums], out) =>
      () =>
        kernels.affine(sums as Int32Array, shape, scale, bias, out as Float32Array),
  };
}
