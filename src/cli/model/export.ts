import { writeFileSync } from "node:fs";
import { PictureDetector } from "../../detect/picture-detector.ts";
import { messageOf, XnorcamError } from "../../errors.ts";
import { referenceBackend } from "../../nn/backend.ts";
import { exportOnnx, type OnnxOptions } from "../../onnx/export.ts";

/**
 * Writes a model as ONNX.
 * @returns one line on what was written
 * @throws XnorcamError XC_MODEL_UNREADABLE, XC_MODEL_INVALID, XC_OUTPUT_UNWRITABLE
 */
export function exportModel(path: string, out: string, options: OnnxOptions): string {
  const { file, graph, head } = PictureDetector.load(path, referenceBackend());
  const outputs = head.outputs.map(({ layer }) => layer);
  const onnx = exportOnnx(graph, file, outputs, options);
  try {
    writeFileSync(out, onnx);
  } catch (error) {
    throw new XnorcamError(
      "XC_OUTPUT_UNWRITABLE",
      `cannot write "${out}": ${messageOf(error)}; check --onnx, its permissions and the free space`,
      { cause: error },
    );
  }
  const { width, height, channels } = graph.input;
  return `${out}: ${(onnx.length / 1024).toFixed(0)} KiB, input [1, ${channels}, ${height}, ${width}] bytes Y, U, V; outputs ${outputs.join(", ")}`;
}
