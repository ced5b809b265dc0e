import { SaenoError, sizeOf } from "@saeno/backend";
import {
  array,
  check,
  type InferOutput,
  integer,
  minValue,
  number,
  object,
  picklist,
  pipe,
  safeParse,
  strictTuple,
} from "valibot";
import { brainToNumber, halfToNumber, numberToBrain, numberToHalf } from "./small-floats.ts";

const typeNames = ["F64", "F32", "F16", "BF16", "C64", "I64", "I32", "U8"] as const;
export type SafetensorsType = (typeof typeNames)[number];

export interface SafetensorsTensor {
  readonly dtype: SafetensorsType;
  /** For `C64`, complex numbers of two float32, with a last axis of 2 that the file leaves out: real and imaginary part. */
  readonly shape: readonly number[];
  /** Numbers, whatever the type in the file. */
  readonly values: ArrayLike<number>;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What to write: `F32` where no type is given. */
export interface SafetensorsSource {
  readonly dtype?: SafetensorsType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

interface NumberType {
  /** Bytes of one number; a complex one is two. */
  readonly bytes: number;
  readonly array: Float64ArrayConstructor | Float32ArrayConstructor | Int32ArrayConstructor;
  read(view: DataView, at: number): number;
  write(view: DataView, at: number, value: number): void;
}

const float32: NumberType = {
  bytes: 4,
  array: Float32Array,
  read: (view, at) => view.getFloat32(at, true),
  write: (view, at, value) => view.setFloat32(at, value, true),
};

const types: Readonly<Record<SafetensorsType, NumberType>> = {
  F64: {
    bytes: 8,
    array: Float64Array,
    read: (view, at) => view.getFloat64(at, true),
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
  F32: float32,
  F16: {
    bytes: 2,
    array: Float32Array,
    read: (view, at) => halfToNumber(view.getUint16(at, true)),
    write: (view, at, value) => view.setUint16(at, numberToHalf(value), true),
  },
  BF16: {
    bytes: 2,
    array: Float32Array,
    read: (view, at) => brainToNumber(view.getUint16(at, true)),
    write: (view, at, value) => view.setUint16(at, numberToBrain(value), true),
  },
  C64: float32,
  I64: {
    bytes: 8,
    array: Float64Array,
    read: (view, at) => Number(view.getBigInt64(at, true)),
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  I32: {
    bytes: 4,
    array: Int32Array,
    read: (view, at) => view.getInt32(at, true),
    write: (view, at, value) => view.setInt32(at, value, true),
  },
  U8: {
    bytes: 1,
    array: Float32Array,
    read: (view, at) => view.getUint8(at),
    write: (view, at, value) => view.setUint8(at, value),
  },
};

/**
 * Reads the bytes of a safetensors file: eight bytes of header length, a JSON header, the values. Nothing is evaluated, and
 * everything is checked: the header, types, shapes, and that the values fill the file without gap or overlap.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `safetensors.format` saying what is wrong and in which tensor.
 */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const fail = (problem: string): never => {
    throw new SaenoError("safetensors.format", `${name} is not a valid safetensors file: ${problem}.`, {
      kind: "data",
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) fail(`${bytes.length} bytes are too few for a header`);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > bytes.length - 8)
    fail(
      `its header claims ${headerLength} bytes, the file has ${bytes.length - 8} more; it is truncated or something else`,
    );
  const data = 8 + headerLength;
  const { __metadata__: metadata, ...entries } = parseHeader(bytes.subarray(8, data), fail);
  const tensors = new Map<string, SafetensorsTensor>();
  let expected = 0;
  const ordered = Object.entries(entries)
    .map(([tensorName, entry]) => ({ tensorName, ...checkEntry(tensorName, entry, fail) }))
    .sort((a, b) => a.data_offsets[0] - b.data_offsets[0]);
  for (const { tensorName, dtype, shape: written, data_offsets: offsets } of ordered) {
    const shape = dtype === "C64" ? [...written, 2] : written;
    const [from, to] = offsets;
    if (from !== expected)
      fail(`the values of "${tensorName}" begin at ${from}, not at ${expected} where those before end`);
    if (to - from !== sizeOf(shape) * types[dtype].bytes)
      fail(`"${tensorName}" has ${to - from} bytes for the shape [${written.join(", ")}] of ${dtype}`);
    if (data + to > bytes.length)
      fail(`the values of "${tensorName}" end at byte ${data + to} of ${bytes.length}: the file is truncated`);
    tensors.set(tensorName, { dtype, shape, values: readValues(view, data + from, sizeOf(shape), dtype) });
    expected = to;
  }
  if (data + expected !== bytes.length) fail(`${bytes.length - data - expected} bytes follow the last tensor`);
  return {
    tensors,
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, String(value)])),
  };
}

/**
 * The bytes of a safetensors file: tensors in the order given, those of wider numbers first so that all are aligned, the header padded to
 * eight bytes with spaces. Sixteen-bit floats are rounded to the nearest, ties to even.
 *
 * @throws SaenoError `safetensors.shape` for values that do not fit the shape, and for complex ones without a last axis of 2.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsSource>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(tensors)
    .map(([name, { dtype = "F32", shape, values }]) => ({ name, dtype, shape, values, type: types[dtype] }))
    .sort((a, b) => b.type.bytes - a.type.bytes);
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: metadata };
  for (const { name, dtype, shape, values, type } of ordered) {
    if (sizeOf(shape) !== values.length) {
      throw new SaenoError(
        "safetensors.shape",
        `"${name}": ${values.length} values do not fit the shape [${shape.join(", ")}].`,
      );
    }
    const end = offset + type.bytes * values.length;
    header[name] = { dtype, shape: dtype === "C64" ? complexShape(name, shape) : shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(header);
  const text = new TextEncoder().encode(json + " ".repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8));
  const bytes = new Uint8Array(8 + text.length + offset);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let position = 8 + text.length;
  for (const { values, type } of ordered) {
    for (let i = 0; i < values.length; i++, position += type.bytes) type.write(view, position, values[i]);
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

type Fail = (problem: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    fail("its header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) fail("its header is not a JSON object");
  return { ...header };
}

const whole = pipe(number(), integer(), minValue(0));
const entrySchema = object({
  dtype: picklist(typeNames),
  shape: array(whole),
  data_offsets: pipe(
    strictTuple([whole, whole]),
    check(([from, to]) => from <= to),
  ),
});

function checkEntry(name: string, entry: unknown, fail: Fail): InferOutput<typeof entrySchema> {
  const parsed = safeParse(entrySchema, entry);
  if (parsed.success) return parsed.output;
  const [{ path = [], input }] = parsed.issues;
  switch (path[0]?.key) {
    case "dtype":
      return fail(`"${name}" is of type ${String(input)}, not one of ${typeNames.join(", ")}`);
    case "shape":
      return fail(`"${name}" has no shape of whole numbers`);
    case "data_offsets":
      return fail(`"${name}" has no pair of offsets`);
    default:
      return fail(`"${name}" is not described by an object`);
  }
}

function readValues(view: DataView, at: number, count: number, dtype: SafetensorsType): ArrayLike<number> {
  const { bytes, array, read } = types[dtype];
  const values = new array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, at + i * bytes);
  return values;
}
