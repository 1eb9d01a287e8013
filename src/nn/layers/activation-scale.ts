import { inputOf, type LayerContext, type LayerPlan, layerError, realLayer, windowed } from "./layer.ts";

/** XNOR-Net's K: how large the activations are that a window's signs stand for; a map of one channel. */
export function planActivationScale(context: LayerContext<"activation_scale">): LayerPlan {
  const { spec } = context;
  const shape = inputOf(context, "real");
  const outShape = windowed(context, shape, 1);
  return realLayer(
    outShape,
    (kernels, [x], out) =>
      () =>
        kernels.activationScale(x, shape, spec, out, outShape),
  );
}

/** A real map times a map of one channel, pixel by pixel. */
export function planMultiply(context: LayerContext<"multiply">): LayerPlan {
  const shape = inputOf(context, "real", 0);
  const { height, width, channels } = inputOf(context, "real", 1);
  if (height !== shape.height || width !== shape.width || channels !== 1) {
    throw layerError(
      context,
      `multiplies a map of ${shape.width}×${shape.height} by one of ${width}×${height}×${channels}, expected the same size and 1 channel`,
    );
  }
  return realLayer(
    shape,
    (kernels, [x, factors], out) =>
      () =>
        kernels.multiply(x, shape, factors, out),
  );
}
