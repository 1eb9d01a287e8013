import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** The non-binary activation: x where positive, else x · slope of the channel. */
export function planPrelu(context: LayerContext<"prelu">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "real");
  const slope = model.floats(`${spec.name}.slope`, [shape.channels]);
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes: slope.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.prelu(x as Float32Array, shape, slope, out as Float32Array),
  };
}
