import { wordBits, wordsFor } from "../bits.ts";
import { maxPlanes } from "../graph.ts";
import { elements } from "../shape.ts";
import { bitTensor, inputOf, type LayerContext, type LayerPlan, layerError, windowed } from "./layer.ts";

/** Largest sum, so that twice the sum of any order of its parts fits 32 bits. */
const sumLimit = 2 ** 29;

/** k-bit convolution: bit-planes → integer sums. */
export function planPlaneConv(context: LayerContext<"plane_conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "planes");
  const planes = context.inputs[0]!.planes!;
  const { kernel } = spec;
  const [weightPlanes = 0, outputs = 0] = model.shapeOf(`${spec.name}.weight`, 5);
  if (weightPlanes < 1 || weightPlanes > maxPlanes) {
    throw layerError(context, `has weights of ${weightPlanes} bits, from 1 to ${maxPlanes} are possible`);
  }
  const largest =
    kernel * kernel * wordsFor(shape.channels) * wordBits * (2 ** planes - 1) * (2 ** weightPlanes - 1);
  if (largest > sumLimit) {
    throw layerError(context, `may give sums of ${largest}, the limit is ${sumLimit}: use fewer bits`);
  }
  const weight = bitTensor(context, "weight", [weightPlanes, outputs, kernel, kernel], shape.channels);
  const outShape = windowed(context, shape, outputs);
  return {
    kind: "sums",
    shape: outShape,
    macs: {
      real: 0,
      binary: elements(outShape) * kernel * kernel * shape.channels * planes * weightPlanes,
    },
    parameterBytes: weight.byteLength,
    bind:
      (kernels, [bits], out) =>
      () =>
        kernels.planeConv(
          bits as Int32Array,
          planes,
          shape,
          spec,
          weight,
          weightPlanes,
          out as Int32Array,
          outShape,
        ),
  };
}
