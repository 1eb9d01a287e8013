import { elements } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, windowed } from "./layer.ts";

/** So many products of two bytes fit a 32-bit sum. */
const sumLimit = 2 ** (31 - 14) - 1;

/**
 * 8-bit convolution: bytes → integer sums. The first layers, the laterals of the pyramid and the heads, and the blocks
 * of a network that is trained in 8 bits.
 */
export function planInt8Conv(context: LayerContext<"int8_conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "bytes");
  const { kernel, paddingValue = 0 } = spec;
  const [outputs = 0] = model.shapeOf(`${spec.name}.weight`, 4);
  const weight = model.int8s(`${spec.name}.weight`, [outputs, kernel, kernel, shape.channels]);
  if (kernel * kernel * shape.channels > sumLimit) {
    throw layerError(
      context,
      `adds up ${kernel * kernel * shape.channels} products, the limit is ${sumLimit}`,
    );
  }
  const outShape = windowed(context, shape, outputs);
  return {
    kind: "sums",
    shape: outShape,
    macs: { real: elements(outShape) * kernel * kernel * shape.channels, binary: 0 },
    parameterBytes: weight.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.int8Conv(x as Int8Array, shape, spec, paddingValue, weight, out as Int32Array, outShape),
  };
}
