import { readFileSync, statSync } from "node:fs";
import { messageOf, XnorcamError } from "../errors.ts";
import { type Backend, chooseBackend } from "../nn/backend.ts";
import { invalid, ModelFile } from "../nn/model-file.ts";
import { ModelDetector } from "./model-detector.ts";

export type { DetectOptions } from "./model-detector.ts";

/** A detector whose model comes from the disk. */
export class PictureDetector extends ModelDetector {
  /**
   * Reads and checks a model.
   * @throws XnorcamError XC_MODEL_UNREADABLE when there is no such file, XC_MODEL_INVALID when it is no model
   *   that this program can run; names the file and the field or tensor; XC_KERNELS_UNAVAILABLE
   */
  static load(modelPath: string, backend: Backend = chooseBackend()): PictureDetector {
    return new PictureDetector(loadModelFile(modelPath), backend);
  }
}

/** Longer files are refused unread. */
export const modelLimitBytes = 64 * 1024 * 1024;

/**
 * Reads a model file from disk.
 * @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID
 */
function loadModelFile(path: string): ModelFile {
  try {
    const { size } = statSync(path);
    if (size > modelLimitBytes) {
      throw invalid(
        path,
        `is ${size} bytes long, the limit is ${modelLimitBytes}: not a model of this program`,
      );
    }
    return ModelFile.parse(readFileSync(path), path);
  } catch (error) {
    if (error instanceof XnorcamError) throw error;
    throw new XnorcamError("XC_MODEL_UNREADABLE", `cannot read the model ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
