import { elements, type MapShape } from "../shape.ts";
import { bitTensor, inputOf, type LayerContext, type LayerPlan, scaleAndBias, windowed } from "./layer.ts";

/**
 * Convolution with weights of ±1 (BinaryConnect, Binary-Weight-Networks): bytes → integer sums, or real map → real map
 * with a scale and a bias a channel.
 */
export function planBinaryWeightConv(context: LayerContext<"binary_weight_conv">): LayerPlan {
  const { spec, model } = context;
  const isReal = context.inputs[0]!.kind === "real";
  const shape = inputOf(context, isReal ? "real" : "bytes");
  const { kernel } = spec;
  const [outputs = 0] = model.shapeOf(`${spec.name}.weight`, 4);
  const weight = bitTensor(context, "weight", [outputs, kernel, kernel], shape.channels);
  const outShape = windowed(context, shape, outputs);
  const macs = { real: elements(outShape) * kernel * kernel * shape.channels, binary: 0 };
  if (isReal) return planReal(context, shape, outShape, weight, macs);
  return {
    kind: "sums",
    shape: outShape,
    macs,
    parameterBytes: weight.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.binaryWeightConv(x as Int8Array, shape, spec, weight, out as Int32Array, outShape),
  };
}

function planReal(
  context: LayerContext<"binary_weight_conv">,
  shape: MapShape,
  outShape: MapShape,
  weight: Int32Array,
  macs: LayerPlan["macs"],
): LayerPlan {
  const { spec } = context;
  const { scale, bias, parameterBytes } = scaleAndBias(context, outShape.channels);
  return {
    kind: "real",
    shape: outShape,
    macs,
    parameterBytes: weight.byteLength + parameterBytes,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.realBinaryWeightConv(
          x as Float32Array,
          shape,
          spec,
          weight,
          scale,
          bias,
          out as Float32Array,
          outShape,
        ),
  };
}
