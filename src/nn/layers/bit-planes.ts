import { inputOf, type LayerContext, type LayerPlan, noMacs } from "./layer.ts";

/** Real map → activations of k bits, by a scale a channel, as k bit maps: what a convolution by bit-planes reads. */
export function planBitPlanes(context: LayerContext<"bit_planes">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "real");
  const { planes } = spec;
  const scale = model.floats(`${spec.name}.scale`, [shape.channels]);
  return {
    kind: "planes",
    shape,
    planes,
    macs: noMacs,
    parameterBytes: scale.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.bitPlanes(x as Float32Array, shape, scale, planes, out as Int32Array),
  };
}
