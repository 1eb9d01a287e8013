import type { LayerSpec } from "../nn/graph.ts";
import type { LayerPlan } from "../nn/layers/layer.ts";
import type { ModelFile } from "../nn/model-file.ts";
import type { Nodes } from "./nodes.ts";

/** What stands for 0 in bytes without a sign: ONNX Runtime convolves no others. */
export const zeroByte = 128;

/** What a layer is written from. */
export interface LayerContext<Spec extends LayerSpec = LayerSpec> {
  readonly spec: Spec;
  /** Names of what it reads. */
  readonly inputs: readonly string[];
  readonly nodes: Nodes;
  readonly model: ModelFile;
  readonly plans: ReadonlyMap<string, LayerPlan>;
  readonly floatTwin: boolean;
}

export function scaledBy(context: LayerContext, x: string): string {
  return context.nodes.add("Mul", [x, tensorOf(context, "scale")]);
}

export function tensorOf(context: LayerContext, name: string): string {
  return context.nodes.perChannel(realsOf(context, name));
}

/** Its shape was checked when the layers were planned. */
export function realsOf({ spec, model }: LayerContext, name: string): Float32Array {
  return model.tensors.get(`${spec.name}.${name}`)!.data as Float32Array;
}
