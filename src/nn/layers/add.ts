import { sameShape, shapeText } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, noMacs } from "./layer.ts";

/** Sum of two real maps: a shortcut, or two levels of the pyramid. */
export function planAdd(context: LayerContext<"add">): LayerPlan {
  const shape = inputOf(context, "real", 0);
  const other = inputOf(context, "real", 1);
  if (!sameShape(shape, other)) {
    throw layerError(context, `adds maps of ${shapeText(shape)} and ${shapeText(other)}`);
  }
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes: 0,
    bind:
      (kernels, [a, b], out) =>
      () =>
        kernels.add(a as Float32Array, b as Float32Array, shape, out as Float32Array),
  };
}
