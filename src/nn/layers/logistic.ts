import { inputOf, type LayerContext, type LayerPlan, realLayer } from "./layer.ts";

/** The logistic function of each value. */
export function planLogistic(context: LayerContext<"logistic">): LayerPlan {
  const shape = inputOf(context, "real");
  return realLayer(
    shape,
    (kernels, [x], out) =>
      () =>
        kernels.logistic(x, shape, out),
  );
}
