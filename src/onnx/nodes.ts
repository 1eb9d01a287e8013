import { type Attribute, node, type TensorData, tensor } from "./protobuf.ts";

/** Collects nodes and constants; a value is named as the layer that makes it, those between get numbers behind. */
export class Nodes {
  readonly parts: Uint8Array[] = [];
  #count = 0;

  /** @param output its name, where it has one. @returns the name */
  add(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `value${this.#count++}`,
  ): string {
    this.parts.push(node(type, inputs, output, attributes));
    return output;
  }

  constant(data: TensorData, dims: readonly number[] = [data.length]): string {
    const name = `constant${this.#count++}`;
    this.parts.push(tensor(name, data, dims));
    return name;
  }

  scalar(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  /** One number for each channel of a map (1, channels, height, width). */
  perChannel(values: Float32Array): string {
    return this.constant(values, [1, values.length, 1, 1]);
  }
}
