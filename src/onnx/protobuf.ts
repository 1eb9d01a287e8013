/**
 * ONNX as bytes: protobuf by hand, since the format is small and a library is not.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto has the numbers of the fields.
 */

/** What OpenCV 4.6 reads, too. */
const opset = 10;
const irVersion = 5;
/** Attributes that are floats; other numbers are integers. */
const floatAttributes: ReadonlySet<string> = new Set(["alpha", "epsilon", "max", "min", "value"]);
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

export type TensorData = Float32Array | Uint8Array | Int32Array | BigInt64Array;
export type Attribute = number | string | readonly number[];

/** ONNX's numbers of the types of elements. */
export const elementTypes = { float: 1, uint8: 2, int32: 6, int64: 7 } as const;

/** Names of elements, batch first. */
export interface ValueInfo {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
}

export interface OnnxGraph {
  readonly name: string;
  /** Nodes and tensors, as `node` and `tensor` give them. */
  readonly parts: readonly Uint8Array[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

/** A node that makes the value `output`. */
export function node(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Uint8Array {
  const names = [...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, type)];
  const fields = Object.entries(attributes).map(([name, value]) => message(5, ...attribute(name, value)));
  return message(1, ...names, ...fields);
}

/** A constant. */
export function tensor(name: string, data: TensorData, dims: readonly number[]): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(
    5,
    ...dims.map((dim) => integer(1, dim)),
    integer(2, typeOf(data)),
    text(8, name),
    bytes(9, raw),
  );
}

/** A whole model. */
export function onnxModel({ name, parts, inputs, outputs }: OnnxGraph): Uint8Array {
  const infos = [...inputs.map((info) => valueInfo(11, info)), ...outputs.map((info) => valueInfo(12, info))];
  const graph = message(7, ...parts, text(2, name), ...infos);
  return Buffer.concat([integer(1, irVersion), graph, message(8, text(1, ""), integer(2, opset))]);
}

function typeOf(data: TensorData): number {
  if (data instanceof Float32Array) return elementTypes.float;
  if (data instanceof Uint8Array) return elementTypes.uint8;
  return data instanceof Int32Array ? elementTypes.int32 : elementTypes.int64;
}

function valueInfo(field: number, { name, type, dims }: ValueInfo): Uint8Array {
  const extents = dims.map((dim) => message(1, integer(1, dim)));
  return message(field, text(1, name), message(2, message(1, integer(1, type), message(2, ...extents))));
}

function attribute(name: string, value: Attribute): Uint8Array[] {
  if (typeof value === "string") {
    return [text(1, name), text(4, value), integer(20, attributeTypes.string)];
  }
  if (typeof value !== "number") {
    return [text(1, name), ...value.map((item) => integer(8, item)), integer(20, attributeTypes.ints)];
  }
  return floatAttributes.has(name)
    ? [text(1, name), float(2, value), integer(20, attributeTypes.float)]
    : [text(1, name), integer(3, value), integer(20, attributeTypes.int)];
}

function varint(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) encoded.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...encoded, Number(rest));
}

function integer(field: number, value: number): Uint8Array {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function float(field: number, value: number): Uint8Array {
  const data = Buffer.alloc(4);
  data.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), data]);
}

function bytes(field: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, Buffer.from(value));
}

function message(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return bytes(field, Buffer.concat(parts));
}
