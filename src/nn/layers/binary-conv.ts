import { elements } from "../shape.ts";
import { bitTensor, inputOf, type LayerContext, type LayerPlan, windowed } from "./layer.ts";

/** Binary convolution: bits → integer sums. */
export function planBinaryConv(context: LayerContext<"binary_conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "bits");
  const { kernel } = spec;
  const [outputs = 0] = model.shapeOf(`${spec.name}.weight`, 4);
  const weight = bitTensor(context, "weight", [outputs, kernel, kernel], shape.channels);
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
