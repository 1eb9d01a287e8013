import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** BatchNorm and sign, the first half of XNOR-Net's block: real map → one bit a channel. */
export function planSign(context: LayerContext<"sign">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "real");
  const scale = model.floats(`${spec.name}.scale`, [shape.channels]);
  const bias = model.floats(`${spec.name}.bias`, [shape.channels]);
  return {
    kind: "bits",
    shape,
    macs: noMacs,
    parameterBytes: scale.byteLength + bias.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.sign(x as Float32Array, shape, scale, bias, out as Int32Array),
  };
}
