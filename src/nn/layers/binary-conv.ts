import { onesWord, wordsFor } from "../bits.ts";
import { elements } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, layerError, windowed } from "./layer.ts";

/** Binary convolution: bits → integer sums. */
export function planBinaryConv(context: LayerContext<"binary_conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "bits");
  const { kernel } = spec;
  const words = wordsFor(shape.channels);
  const [outputs = 0] = model.shapeOf(`${spec.name}.weight`, 4);
  const weight = model.words(`${spec.name}.weight`, [outputs, kernel, kernel, words]);
  const unused = ~onesWord(shape.channels, words - 1);
  for (let last = words - 1; last < weight.length; last += words) {
    // Bits that stand for no channel would count as differences.
    if ((weight[last]! & unused) !== 0) throw layerError(context, "has bits set beyond its last channel");
  }
  if (spec.padding >= kernel) throw layerError(context, `pads by ${spec.padding}, its kernel is ${kernel}`);
  const outShape = windowed(context, shape, outputs);
  return {
    kind: "sums",
    shape: outShape,
    macs: { real: 0, binary: elements(outShape) * kernel * kernel * shape.channels },
    parameterBytes: weight.byteLength,
    bind:
      (kernels, [bits], out) =>
      () =>
        kernels.binaryConv(
          bits as Int32Array,
          shape,
          spec,
          spec.paddingSign,
          weight,
          out as Int32Array,
          outShape,
        ),
  };
}
