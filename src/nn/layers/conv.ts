import { elements } from "../shape.ts";
import { inputOf, type LayerContext, type LayerPlan, windowed } from "./layer.ts";

/** Real convolution: the first layers, the laterals of the pyramid and the heads. */
export function planConv(context: LayerContext<"conv">): LayerPlan {
  const { spec, model } = context;
  const shape = inputOf(context, "real");
  const { kernel } = spec;
  const [outputs = 0] = model.shapeOf(`${spec.name}.weight`, 4);
  const weight = model.floats(`${spec.name}.weight`, [outputs, kernel, kernel, shape.channels]);
  const bias = model.floats(`${spec.name}.bias`, [outputs]);
  const outShape = windowed(context, shape, outputs);
  return {
    kind: "real",
    shape: outShape,
    macs: { real: elements(outShape) * kernel * kernel * shape.channels, binary: 0 },
    parameterBytes: weight.byteLength + bias.byteLength,
    bind:
      (kernels, [x], out) =>
      () =>
        kernels.conv(x as Float32Array, shape, spec, weight, bias, out as Float32Array, outShape),
  };
}
