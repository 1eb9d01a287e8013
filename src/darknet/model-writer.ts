import { wordsFor } from "../nn/bits.ts";
import type { LayerSpec } from "../nn/graph.ts";
import type { Tensor } from "../nn/model-file.ts";

/** Collects layers and tensors of a model, in the order in which they are added. */
export class ModelWriter {
  readonly layers: LayerSpec[] = [];
  readonly tensors = new Map<string, Tensor>();

  /** @returns the layer's name, by which others read it */
  add(spec: LayerSpec): string {
    this.layers.push(spec);
    return spec.name;
  }

  reals(name: string, shape: readonly number[], data: Float32Array): void {
    this.tensors.set(name, { dtype: "F32", shape, data });
  }

  /**
   * Bits as `bits.ts` packs them.
   * @param shape of all but the channels
   * @param isSet of each bit, by its position in `(…shape, channels)`
   */
  bits(name: string, shape: readonly number[], channels: number, isSet: (position: number) => boolean): void {
    const words = wordsFor(channels);
    const rows = shape.reduce((product, extent) => product * extent, 1);
    const data = new Int32Array(rows * words);
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < channels; c++) {
        if (isSet(row * channels + c)) data[row * words + (c >>> 5)]! |= 1 << (c & 31);
      }
    }
    this.tensors.set(name, { dtype: "U32", shape: [...shape, words], data });
  }
}
