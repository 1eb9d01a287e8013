import type { LayerSpec } from "../graph.ts";
import { planActivationScale, planMultiply } from "./activation-scale.ts";
import { planAdd } from "./add.ts";
import { planAffine } from "./affine.ts";
import { planBatchNorm } from "./batch-norm.ts";
import { planBinaryConv } from "./binary-conv.ts";
import { planBinaryWeightConv } from "./binary-weight-conv.ts";
import { planBitPlanes } from "./bit-planes.ts";
import { planConcat, planSlice } from "./concat.ts";
import { planConv } from "./conv.ts";
import { planInt8Conv } from "./int8-conv.ts";
import type { LayerContext, LayerPlan } from "./layer.ts";
import { planLogistic } from "./logistic.ts";
import { planMaxPool } from "./max-pool.ts";
import { planPlaneConv } from "./plane-conv.ts";
import { planPrelu } from "./prelu.ts";
import { planQuantize } from "./quantize.ts";
import { planAveragePool, planRepeatChannels, planUpsample } from "./resize.ts";
import { planSign } from "./sign.ts";
import { planTernaryConv } from "./ternary-conv.ts";

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
    case "int8_conv":
      return planInt8Conv({ spec, inputs, model });
    case "batch_norm":
      return planBatchNorm({ spec, inputs, model });
    case "quantize":
      return planQuantize({ spec, inputs, model });
    case "sign":
      return planSign({ spec, inputs, model });
    case "binary_conv":
      return planBinaryConv({ spec, inputs, model });
    case "bit_planes":
      return planBitPlanes({ spec, inputs, model });
    case "plane_conv":
      return planPlaneConv({ spec, inputs, model });
    case "ternary_conv":
      return planTernaryConv({ spec, inputs, model });
    case "binary_weight_conv":
      return planBinaryWeightConv({ spec, inputs, model });
    case "activation_scale":
      return planActivationScale({ spec, inputs, model });
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
    case "max_pool":
      return planMaxPool({ spec, inputs, model });
    case "slice":
      return planSlice({ spec, inputs, model });
    case "logistic":
      return planLogistic({ spec, inputs, model });
    case "concat":
      return planConcat({ spec, inputs, model });
    case "add":
      return planAdd({ spec, inputs, model });
    case "multiply":
      return planMultiply({ spec, inputs, model });
  }
}
