import { inputOf, type LayerContext, type LayerPlan, noMacs, scaleAndBias } from "./layer.ts";

/** BatchNorm and sign, the first half of XNOR-Net's block: real map → one bit a channel. */
export function planSign(context: LayerContext<"sign">): LayerPlan {
  const shape = inputOf(context, "real");
  const { scale, bias, parameterBytes } = scaleAndBias(context, shape.channels);
  return {
    kind: "bits",
    shape,
    macs: noMacs,
    parameterBytes,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.sign(x as Float32Array, shape, scale, bias, out as Int32Array),
  };
}
