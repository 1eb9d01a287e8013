import { shapeText } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, realLayer } from "./layer.ts";

/** The channels of several maps, one behind the other. */
export function planConcat(context: LayerContext<"concat">): LayerPlan {
  const shapes = context.inputs.map((_, i) => inputOf(context, "real", i));
  const [first] = shapes as [(typeof shapes)[number]];
  const other = shapes.find(({ height, width }) => height !== first.height || width !== first.width);
  if (other !== undefined) {
    throw layerError(context, `joins maps of ${shapeText(first)} and ${shapeText(other)}`);
  }
  const outShape = { ...first, channels: shapes.reduce((sum, { channels }) => sum + channels, 0) };
  return realLayer(outShape, (kernels, inputs, out) => () => kernels.concat(inputs, shapes, out, outShape));
}

/** Some neighboring channels of a map. */
export function planSlice(context: LayerContext<"slice">): LayerPlan {
  const { first, channels } = context.spec;
  const shape = inputOf(context, "real");
  if (first + channels > shape.channels) {
    throw layerError(
      context,
      `takes channels ${first} to ${first + channels - 1} of a map of ${shapeText(shape)}`,
    );
  }
  const outShape = { ...shape, channels };
  return realLayer(
    outShape,
    (kernels, [x], out) =>
      () =>
        kernels.slice(x, shape, first, out, outShape),
  );
}
