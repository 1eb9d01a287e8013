import { messageOf, XnorcamError } from "../errors.ts";
import { floatsOfHalves } from "./half.ts";

/**
 * The model file is safetensors: 8 bytes length of the header (little endian), the header (JSON: for each tensor
 * its dtype, shape and offsets; strings in `__metadata__`), then the tensors without gaps.
 * https://huggingface.co/docs/safetensors
 *
 * Reading never runs code and allocates nothing beyond copies of what the file holds, twice the size for half precision.
 */

const elementTypes = {
  F32: Float32Array,
  /** Bit-planes: 32 signs a word, see `bits.ts`. */
  U32: Int32Array,
  /** Weights of an 8-bit convolution. */
  I8: Int8Array,
} as const;

export type ElementType = keyof typeof elementTypes;

/** What a file holds: in half precision are the weights of a network in real numbers; they are read as F32. */
const fileTypes = { ...elementTypes, F16: Uint16Array } as const;

type FileType = keyof typeof fileTypes;

export interface Tensor {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** U32 words are seen as Int32Array, the type of JavaScript's bit operations. */
  readonly data: Float32Array | Int32Array | Int8Array;
}

const headerLimitBytes = 1 << 20;

/** What a model file holds, its tensors checked against the header, its metadata as it stands. */
export class ModelFile {
  /** Where it came from, for messages. */
  readonly source: string;
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;

  private constructor(
    source: string,
    bytes: number,
    metadata: Readonly<Record<string, string>>,
    tensors: ReadonlyMap<string, Tensor>,
  ) {
    this.source = source;
    this.bytes = bytes;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /** A model that was made in memory. */
  static of(tensors: ReadonlyMap<string, Tensor>, source: string): ModelFile {
    return new ModelFile(source, 0, {}, tensors);
  }

  /** @throws XnorcamError XC_MODEL_INVALID that names the source and the field or tensor that is wrong. */
  static parse(file: Uint8Array, source: string): ModelFile {
    const { header, data } = splitHeader(file, source);
    const { __metadata__: metadata = {}, ...entries } = header;
    if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== "string")) {
      throw invalid(source, "__metadata__ is not an object of strings");
    }
    const tensors = new Map<string, Tensor>();
    let expectedBegin = 0;
    for (const entry of Object.entries(entries)
      .map(([name, value]) => checkEntry(name, value, data.byteLength, source))
      .sort((a, b) => a.begin - b.begin || a.end - b.end)) {
      if (entry.begin !== expectedBegin) {
        throw invalid(
          source,
          `tensor ${entry.name} begins at byte ${entry.begin} of the data, expected ${expectedBegin}: tensors must follow each other without gap or overlap`,
        );
      }
      expectedBegin = entry.end;
      // A copy, since the file's offsets need not be aligned (and slice() of a Buffer would be none).
      const { buffer } = new Uint8Array(data.subarray(entry.begin, entry.end));
      tensors.set(entry.name, { ...valuesOf(entry.dtype, buffer), shape: entry.shape });
    }
    if (expectedBegin !== data.byteLength) {
      throw invalid(source, `${data.byteLength - expectedBegin} bytes follow the last tensor`);
    }
    return new ModelFile(source, file.byteLength, metadata as Record<string, string>, tensors);
  }

  /**
   * The tensor of a name, checked for type and shape.
   * @param shape expected extents
   * @throws XnorcamError XC_MODEL_INVALID
   */
  floats(name: string, shape: readonly number[]): Float32Array {
    const data = this.#expect(name, "F32", shape).data as Float32Array;
    const broken = data.findIndex((value) => !Number.isFinite(value));
    if (broken >= 0) throw invalid(this.source, `tensor ${name} holds ${data[broken]} at index ${broken}`);
    return data;
  }

  /** As `floats`, for bit-planes: `shape` in words. */
  words(name: string, shape: readonly number[]): Int32Array {
    return this.#expect(name, "U32", shape).data as Int32Array;
  }

  /** As `floats`, for 8-bit weights. */
  int8s(name: string, shape: readonly number[]): Int8Array {
    return this.#expect(name, "I8", shape).data as Int8Array;
  }

  /** Extents of a tensor, checked for their number only. @throws XnorcamError XC_MODEL_INVALID */
  shapeOf(name: string, dimensions: number): readonly number[] {
    const { shape } = this.#get(name);
    if (shape.length !== dimensions) {
      throw invalid(this.source, `tensor ${name} has ${shape.length} dimensions, expected ${dimensions}`);
    }
    return shape;
  }

  #get(name: string): Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw invalid(this.source, `tensor ${name} is missing`);
    return tensor;
  }

  #expect(name: string, dtype: ElementType, shape: readonly number[]): Tensor {
    const tensor = this.#get(name);
    if (tensor.dtype !== dtype) {
      throw invalid(this.source, `tensor ${name} is ${tensor.dtype}, expected ${dtype}`);
    }
    if (tensor.shape.length !== shape.length || tensor.shape.some((extent, i) => extent !== shape[i])) {
      throw invalid(
        this.source,
        `tensor ${name} has shape [${tensor.shape.join(", ")}], expected [${shape.join(", ")}]`,
      );
    }
    return tensor;
  }
}

/** An error about the content of a model file. */
export function invalid(source: string, message: string, cause?: unknown): XnorcamError {
  return new XnorcamError("XC_MODEL_INVALID", `${source}: ${message}`, cause === undefined ? {} : { cause });
}

function valuesOf(dtype: FileType, buffer: ArrayBuffer): Pick<Tensor, "dtype" | "data"> {
  if (dtype === "F16") return { dtype: "F32", data: floatsOfHalves(new Uint16Array(buffer)) };
  return { dtype, data: new elementTypes[dtype](buffer) };
}

function splitHeader(
  file: Uint8Array,
  source: string,
): { header: Record<string, unknown>; data: Uint8Array } {
  if (file.byteLength < 8) {
    throw invalid(source, `is ${file.byteLength} bytes long: not a safetensors file, or cut off`);
  }
  const length = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(headerLimitBytes)) {
    throw invalid(
      source,
      `its header claims ${length} bytes, the limit is ${headerLimitBytes}: not a safetensors file`,
    );
  }
  const headerBytes = Number(length);
  if (8 + headerBytes > file.byteLength) {
    throw invalid(
      source,
      `its header claims ${headerBytes} bytes but only ${file.byteLength - 8} follow: the file is cut off`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, 8 + headerBytes)));
  } catch (error) {
    throw invalid(source, `its header is not JSON (${messageOf(error)})`, error);
  }
  if (!isRecord(header)) throw invalid(source, "its header is not a JSON object");
  return { header, data: file.subarray(8 + headerBytes) };
}

interface Entry {
  readonly name: string;
  readonly dtype: FileType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function checkEntry(name: string, value: unknown, dataBytes: number, source: string): Entry {
  if (!isRecord(value)) throw invalid(source, `tensor ${name} is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(fileTypes, dtype)) {
    throw invalid(
      source,
      `tensor ${name} has dtype ${JSON.stringify(dtype)}, known are ${Object.keys(fileTypes).join(", ")}`,
    );
  }
  if (!isCounts(shape)) throw invalid(source, `tensor ${name} has a shape that is not a list of counts`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw invalid(source, `tensor ${name} has data_offsets that are not two byte positions`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) {
    throw invalid(
      source,
      `tensor ${name} lies at bytes ${begin} to ${end}, but the file holds ${dataBytes} bytes of data: it is cut off or broken`,
    );
  }
  const elementBytes = fileTypes[dtype as FileType].BYTES_PER_ELEMENT;
  const bytes = elementBytes * shape.reduce((product, extent) => product * extent, 1);
  if (end - begin !== bytes) {
    throw invalid(
      source,
      `tensor ${name} has ${end - begin} bytes, but shape [${shape.join(", ")}] asks for ${bytes}`,
    );
  }
  return { name, dtype: dtype as FileType, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
