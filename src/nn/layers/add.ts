import { sameShape, shapeText } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, realLayer } from "./layer.ts";

/** Sum of two real maps: a shortcut, or two levels of the pyramid. */
export function planAdd(context: LayerContext<"add">): LayerPlan {
  const shape = inputOf(context, "real", 0);
  const other = inputOf(context, "real", 1);
  if (!sameShape(shape, other)) {
    throw layerError(context, `adds maps of ${shapeText(shape)} and ${shapeText(other)}`);
  }
  return realLayer(
    shape,
    (kernels, [a, b], out) =>
      () =>
        kernels.add(a, b, shape, out),
  );
}
