import type { LayerSpec } from "../graph.ts";
import { planAdd } from "./add.ts";
import { planAffine } from "./affine.ts";
import { planBinaryConv } from "./binary-conv.ts";
import { planConv } from "./conv.ts";
import type { LayerContext, LayerPlan } from "./layer.ts";
import { planPrelu } from "./prelu.ts";
import { planAveragePool, planRepeatChannels, planUpsample } from "./resize.ts";
import { planSign } from "./sign.ts";

/**
 * Plans a layer: checks its inputs and tensors, infers its output.
 * @throws XnorcamError XC_MODEL_INVALID that names the layer or tensor
 */
export function planLayer(context: LayerContext): LayerPlan {
  const { inputs, model } = context;
  const spec: LayerSpec = context.spec;
  switch (spec.op) {
    case "conv":
      return planConv({ spec, inputs, model });
    case "sign":
      return planSign({ spec, inputs, model });
    case "binary_conv":
      return planBinaryConv({ spec, inputs, model });
    case "affine":
      return planAffine({ spec, inputs, model });
    case "prelu":
      return planPrelu({ spec, inputs, model });
    case "average_pool":
      return planAveragePool({ spec, inputs, model });
    case "repeat_channels":
      return planRepeatChannels({ spec, inputs, model });
    case "upsample":
      return planUpsample({ spec, inputs, model });
    case "add":
      return planAdd({ spec, inputs, model });
  }
}
