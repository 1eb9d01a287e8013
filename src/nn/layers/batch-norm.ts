import { inputOf, type LayerContext, type LayerPlan, layerError, noMacs, scaleAndBias } from "./layer.ts";

/**
 * BatchNorm in evaluation, folded to a scale and a shift a channel: real map → real map, clipped if the layer says so.
 * What a method's activations are made from where they are no signs.
 */
export function planBatchNorm(context: LayerContext<"batch_norm">): LayerPlan {
  const { spec } = context;
  const shape = inputOf(context, "real");
  const { scale, bias, parameterBytes } = scaleAndBias(context, shape.channels);
  const [low, high] = clipOf(spec.clip);
  if (low > high) throw layerError(context, `clips to [${low}, ${high}], of which the first is greater`);
  return {
    kind: "real",
    shape,
    macs: noMacs,
    parameterBytes,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.batchNorm(x as Float32Array, shape, scale, bias, low, high, out as Float32Array),
  };
}

/** In single precision, as the kernels have them. */
export function clipOf(clip: readonly [number, number] = [-Infinity, Infinity]): [low: number, high: number] {
  return [Math.fround(clip[0]), Math.fround(clip[1])];
}
