import { messageOf, parseJson, SaenoError, sizeOf } from "@saeno/backend";
import {
  array,
  check,
  type InferOutput,
  integer,
  maxValue,
  minValue,
  number,
  object,
  pipe,
  safeParse,
  strictTuple,
  string,
} from "valibot";
import { bytesOf, decodeNumbers, type Numbers, type NumberType } from "../arrays/numbers.ts";
import type { ByteSource } from "../bytes/byte-source.ts";
import { eightBitFloats, numberToBrain, numberToHalf } from "./small-floats.ts";

/** A type of the format: the bits of a value, and how values are read where they are numbers that JavaScript has. */
interface StoredType {
  readonly bits: number;
  readonly decode?: (bytes: Uint8Array) => Numbers;
}

const numbers = (type: NumberType): StoredType => ({
  bits: 8 * bytesOf(type),
  decode: (bytes) => decodeNumbers(type, bytes),
});
const smallFloats = (kind: keyof typeof eightBitFloats): StoredType => ({
  bits: 8,
  decode: (bytes) => Float32Array.from(bytes, eightBitFloats[kind]),
});

/** Every type of the format. One that is not here is taken as it is: its tensors have the bytes that they claim, and are not read. */
const storedTypes: Readonly<Record<string, StoredType>> = {
  BOOL: numbers("bool"),
  U8: numbers("uint8"),
  I8: numbers("int8"),
  I16: numbers("int16"),
  U16: numbers("uint16"),
  F16: numbers("float16"),
  BF16: numbers("bfloat16"),
  I32: numbers("int32"),
  U32: numbers("uint32"),
  F32: numbers("float32"),
  F64: numbers("float64"),
  I64: numbers("int64"),
  U64: numbers("uint64"),
  C64: { bits: 64, decode: (bytes) => decodeNumbers("float32", bytes) },
  F8_E5M2: smallFloats("e5m2"),
  F8_E4M3: smallFloats("e4m3"),
  F8_E8M0: smallFloats("e8m0"),
  F8_E5M2FNUZ: { bits: 8 },
  F8_E4M3FNUZ: { bits: 8 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  F4: { bits: 4 },
};

/** What the header of a file says about a tensor. */
export interface StoredTensor {
  /** As the file names it, such as `BF16`. */
  readonly dtype: string;
  /** For `C64`, complex numbers of two float32, with a last axis of 2 that the file leaves out: real and imaginary part. */
  readonly shape: readonly number[];
  /** Where its bytes are in the file. */
  readonly from: number;
  readonly to: number;
}

export interface SafetensorsTensor extends StoredTensor {
  /**
   * Numbers, whatever the type in the file, read on demand.
   *
   * @throws SaenoError `safetensors.type` for a type that is not read here.
   */
  readonly values: Numbers;
}

export interface Safetensors<Tensor extends StoredTensor = SafetensorsTensor> {
  /** By their names, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor of a file that is read in pieces. */
export interface RemoteTensor extends StoredTensor {
  /** As `values` of {@link SafetensorsTensor}. */
  read(): Promise<Numbers>;
}

/** The format says that no header is longer. */
const longestHeader = 100_000_000;

/**
 * Reads the bytes of a safetensors file: eight bytes of header length, a JSON header, the values. Nothing is evaluated, and
 * everything is checked: the header, shapes, and that the values fill the file without gap or overlap.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `safetensors.format` saying what is wrong and in which tensor.
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const end = headerEnd(bytes.subarray(0, 8), bytes.length, name);
  return described(bytes.subarray(8, end), bytes.length, name, (tensorName, stored) => ({
    ...stored,
    get values() {
      return valuesOf(bytes.subarray(stored.from, stored.to), stored, `${name}: "${tensorName}"`);
    },
  }));
}

/**
 * The tensors of a file of any size: its header is read at once, its values on demand.
 *
 * @throws SaenoError as {@link parseSafetensors}.
 */
export async function openSafetensors(
  source: ByteSource,
  name: string = source.name,
): Promise<Safetensors<RemoteTensor>> {
  const { size } = source;
  const end = headerEnd(await source.read(0, Math.min(8, size)), size, name);
  return described(await source.read(8, end), size, name, (tensorName, stored) => ({
    ...stored,
    read: async () => valuesOf(await source.read(stored.from, stored.to), stored, `${name}: "${tensorName}"`),
  }));
}

function valuesOf(bytes: Uint8Array, { dtype }: StoredTensor, what: string): Numbers {
  const decode = Object.hasOwn(storedTypes, dtype) ? storedTypes[dtype].decode : undefined;
  if (decode !== undefined) return decode(bytes);
  const problem = `${what} is of type ${dtype}, whose values are not read here; convert it to F32.`;
  throw new SaenoError("safetensors.type", problem, { kind: "data" });
}

/** The byte at which the header ends. */
function headerEnd(start: Uint8Array, size: number, name: string): number {
  if (size < 8) throw formatError(name, `${size} bytes are too few for a header`);
  const length = Number(new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true));
  if (length > size - 8) {
    const problem = `its header claims ${length} bytes, the file has ${size - 8} more; it is truncated or something else`;
    throw formatError(name, problem);
  }
  if (length > longestHeader)
    throw formatError(name, `its header claims ${length} bytes; the most is ${longestHeader}`);
  return 8 + length;
}

function described<Tensor extends StoredTensor>(
  header: Uint8Array,
  size: number,
  name: string,
  tensorOf: (name: string, stored: StoredTensor) => Tensor,
): Safetensors<Tensor> {
  const fail = (problem: string): never => {
    throw formatError(name, problem);
  };
  const data = 8 + header.length;
  const { __metadata__: metadata, ...entries } = parseHeader(header, fail);
  const ordered = Object.entries(entries)
    .map(([tensorName, entry]) => ({ tensorName, ...checkEntry(tensorName, entry, fail) }))
    // Empty tensors stand where the next ones begin, before or after them.
    .sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  const tensors = new Map<string, Tensor>();
  let expected = 0;
  for (const { tensorName, dtype, shape, data_offsets: offsets } of ordered) {
    const [from, to] = offsets;
    const bits = Object.hasOwn(storedTypes, dtype) ? storedTypes[dtype].bits : undefined;
    if (from !== expected)
      fail(`the values of "${tensorName}" begin at ${from}, not at ${expected} where those before end`);
    if (bits !== undefined && 8 * (to - from) !== sizeOf(shape) * bits)
      fail(`"${tensorName}" has ${to - from} bytes for the shape [${shape.join(", ")}] of ${dtype}`);
    if (data + to > size)
      fail(`the values of "${tensorName}" end at byte ${data + to} of ${size}: the file is truncated`);
    const written = dtype === "C64" ? [...shape, 2] : shape;
    tensors.set(tensorName, tensorOf(tensorName, { dtype, shape: written, from: data + from, to: data + to }));
    expected = to;
  }
  if (data + expected !== size) fail(`${size - data - expected} bytes follow the last tensor`);
  return {
    tensors,
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, textOf(value)])),
  };
}

/** The format says that metadata is text. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

type Fail = (problem: string) => never;

function formatError(name: string, problem: string): SaenoError {
  return new SaenoError("safetensors.format", `${name} is not a valid safetensors file: ${problem}.`, { kind: "data" });
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseJson(bytes, "its header");
  } catch (cause) {
    fail(messageOf(cause).replace(/\.$/, ""));
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) fail("its header is not a JSON object");
  return { ...header };
}

const whole = pipe(number(), integer(), minValue(0), maxValue(Number.MAX_SAFE_INTEGER));
const entrySchema = object({
  dtype: string(),
  shape: array(whole),
  data_offsets: pipe(
    strictTuple([whole, whole]),
    check(([from, to]) => from <= to && to <= Number.MAX_SAFE_INTEGER),
  ),
});

function checkEntry(name: string, entry: unknown, fail: Fail): InferOutput<typeof entrySchema> {
  const parsed = safeParse(entrySchema, entry);
  if (parsed.success) return parsed.output;
  const [{ path = [] }] = parsed.issues;
  switch (path[0]?.key) {
    case "dtype":
      return fail(`"${name}" has no type`);
    case "shape":
      return fail(`"${name}" has no shape of whole numbers`);
    case "data_offsets":
      return fail(`"${name}" has no pair of offsets`);
    default:
      return fail(`"${name}" is not described by an object`);
  }
}

/** Types that are written. */
export type SafetensorsType = "F64" | "F32" | "F16" | "BF16" | "C64" | "I64" | "I32" | "U8";

/** What to write: `F32` where no type is given. */
export interface SafetensorsSource {
  readonly dtype?: SafetensorsType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

interface WrittenType {
  /** Bytes of one number; a complex one is two. */
  readonly bytes: number;
  write(view: DataView, at: number, value: number): void;
}

const float32: WrittenType = { bytes: 4, write: (view, at, value) => view.setFloat32(at, value, true) };
const writtenTypes: Readonly<Record<SafetensorsType, WrittenType>> = {
  F64: { bytes: 8, write: (view, at, value) => view.setFloat64(at, value, true) },
  F32: float32,
  F16: { bytes: 2, write: (view, at, value) => view.setUint16(at, numberToHalf(value), true) },
  BF16: { bytes: 2, write: (view, at, value) => view.setUint16(at, numberToBrain(value), true) },
  C64: float32,
  I64: { bytes: 8, write: (view, at, value) => view.setBigInt64(at, BigInt(value), true) },
  I32: { bytes: 4, write: (view, at, value) => view.setInt32(at, value, true) },
  U8: { bytes: 1, write: (view, at, value) => view.setUint8(at, value) },
};

/** A tensor as a header names it. */
export interface SafetensorsForm extends Pick<SafetensorsSource, "dtype" | "shape"> {
  readonly name: string;
}

/**
 * The first bytes of a safetensors file, up to the values: the header padded to eight bytes with spaces. The values of the tensors follow in
 * the order given; those of wider numbers come first, so that all are aligned.
 *
 * @throws SaenoError `safetensors.shape` for complex numbers without a last axis of 2.
 */
export function safetensorsHeader(
  tensors: readonly SafetensorsForm[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, dtype = "F32", shape }) => {
    const end = offset + writtenTypes[dtype].bytes * sizeOf(shape);
    const written = dtype === "C64" ? complexShape(name, shape) : shape;
    const entry = [name, { dtype, shape: written, data_offsets: [offset, end] }] as const;
    offset = end;
    return entry;
  });
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const length = 8 * Math.ceil(json.length / 8);
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

/**
 * The bytes of a safetensors file: tensors in the order given, those of wider numbers first. Sixteen-bit floats are rounded to the nearest,
 * ties to even.
 *
 * @throws SaenoError `safetensors.shape` for values that do not fit the shape, and for complex ones without a last axis of 2.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsSource>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(tensors)
    .map(([name, { dtype = "F32", ...source }]) => ({ name, dtype, ...source }))
    .sort((a, b) => writtenTypes[b.dtype].bytes - writtenTypes[a.dtype].bytes);
  for (const { name, shape, values } of ordered) {
    if (sizeOf(shape) === values.length) continue;
    const problem = `"${name}": ${values.length} values do not fit the shape [${shape.join(", ")}].`;
    throw new SaenoError("safetensors.shape", problem);
  }
  const header = safetensorsHeader(ordered, metadata);
  const length = ordered.reduce((sum, { dtype, values }) => sum + writtenTypes[dtype].bytes * values.length, 0);
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  let position = header.length;
  for (const { dtype, values } of ordered) {
    const { bytes: width, write } = writtenTypes[dtype];
    for (let i = 0; i < values.length; i++, position += width) write(view, position, values[i]);
  }
  return bytes;
}

/** The shape of complex numbers as a file has it. */
function complexShape(name: string, shape: readonly number[]): readonly number[] {
  if (shape.at(-1) === 2) return shape.slice(0, -1);
  throw new SaenoError(
    "safetensors.shape",
    `"${name}": complex numbers have a last axis of 2, real and imaginary part; got [${shape.join(", ")}].`,
  );
}
