import { shapeText } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, realLayer } from "./layer.ts";

/** The largest value of each window, each channel by itself. */
export function planMaxPool(context: LayerContext<"max_pool">): LayerPlan {
  const { spec } = context;
  const { kernel, stride, before, after } = spec;
  const shape = inputOf(context, "real");
  if (before >= kernel || after >= kernel) {
    throw layerError(context, `reaches out by ${Math.max(before, after)}, its kernel is ${kernel}`);
  }
  const extent = (size: number) => Math.floor((size + before + after - kernel) / stride) + 1;
  const outShape = { height: extent(shape.height), width: extent(shape.width), channels: shape.channels };
  if (outShape.height < 1 || outShape.width < 1) {
    throw layerError(
      context,
      `a window of ${kernel}×${kernel} does not fit its input of ${shapeText(shape)}`,
    );
  }
  return realLayer(
    outShape,
    (kernels, [x], out) =>
      () =>
        kernels.maxPool(x, shape, spec, out, outShape),
  );
}
