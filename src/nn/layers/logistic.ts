import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** The logistic function of each value. */
export function planLogistic(context: LayerContext<"logistic">): LayerPlan {
  const shape = inputOf(context, "real");
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes: 0,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.logistic(x as Float32Array, shape, out as Float32Array),
  };
}
