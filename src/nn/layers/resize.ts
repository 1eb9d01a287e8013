import { inputOf, type LayerContext, type LayerPlan, layerError, realLayer } from "./layer.ts";

/** Mean over 2×2 at stride 2: the shortcut around a block that halves the map. */
export function planAveragePool(context: LayerContext<"average_pool">): LayerPlan {
  const shape = inputOf(context, "real");
  if (shape.height % 2 !== 0 || shape.width % 2 !== 0) {
    throw layerError(context, `halves a map of ${shape.width}×${shape.height}, which is odd`);
  }
  return realLayer(
    { ...shape, height: shape.height / 2, width: shape.width / 2 },
    (kernels, [x], out) =>
      () =>
        kernels.averagePool(x, shape, out),
  );
}

/** The channels several times over: the shortcut around a block that widens. */
export function planRepeatChannels(context: LayerContext<"repeat_channels">): LayerPlan {
  const shape = inputOf(context, "real");
  const { times } = context.spec;
  return realLayer(
    { ...shape, channels: shape.channels * times },
    (kernels, [x], out) =>
      () =>
        kernels.repeatChannels(x, shape, times, out),
  );
}

/** Each pixel twice in both directions: the way down a feature pyramid (FPN, Lin et al. 2017). */
export function planUpsample(context: LayerContext<"upsample">): LayerPlan {
  const shape = inputOf(context, "real");
  return realLayer(
    { ...shape, height: shape.height * 2, width: shape.width * 2 },
    (kernels, [x], out) =>
      () =>
        kernels.upsample(x, shape, out),
  );
}
