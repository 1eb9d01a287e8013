import { elements } from "../shape.ts";
import { bitTensor, inputOf, type LayerContext, type LayerPlan, windowed } from "./layer.ts";

/** Convolution of signs with weights of −1, 0 and +1: bits → integer sums. */
export function planTernaryConv(context: LayerContext<"ternary_conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "bits");
  const { kernel } = spec;
  const [outputs = 0] = model.shapeOf(`${spec.name}.sign`, 4);
  const sign = bitTensor(context, "sign", [outputs, kernel, kernel], shape.channels);
  const mask = bitTensor(context, "mask", [outputs, kernel, kernel], shape.channels);
  const outShape = windowed(context, shape, outputs);
  return {
    kind: "sums",
    shape: outShape,
    // Two planes of weights.
    macs: { real: 0, binary: 2 * elements(outShape) * kernel * kernel * shape.channels },
    parameterBytes: sign.byteLength + mask.byteLength,
    bind:
      (kernels, [bits], out) =>
      () =>
        kernels.ternaryConv(
          bits as Int32Array,
          shape,
          spec,
          spec.paddingSign,
          sign,
          mask,
          out as Int32Array,
          outShape,
        ),
  };
}
