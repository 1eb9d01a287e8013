import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Of ONNX Runtime, what the tests use. */
export interface OnnxRuntime {
  InferenceSession: {
    create(
      file: Uint8Array,
      options: { logSeverityLevel: number; graphOptimizationLevel: string },
    ): Promise<{
      run(feeds: Record<string, object>): Promise<Record<string, { data: Float32Array; dims: number[] }>>;
      release(): Promise<void>;
    }>;
  };
  Tensor: new (type: "uint8", data: Uint8Array, dims: readonly number[]) => object;
}

/** Where `npm run bench:peers` installs it: it is too large to be a dependency. */
const folder = fileURLToPath(new URL("../../.cache/peers", import.meta.url));

export function hasOnnxRuntime(): boolean {
  return existsSync(`${folder}/node_modules/onnxruntime-node`);
}

export function loadOnnxRuntime(): OnnxRuntime {
  return createRequire(`${folder}/package.json`)("onnxruntime-node") as OnnxRuntime;
}
