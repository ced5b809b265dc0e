import { brainToNumber, halfToNumber } from "../formats/small-floats.ts";

/** Types of numbers in files, by the names NumPy has for them. */
export type NumberType =
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool";

/** Numbers as they are read: exact, but for integers beyond 2^53. */
export type Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

interface Layout {
  readonly bytes: number;
  /** @param buffer of this alone, in the byte order of this machine. */
  decode(buffer: ArrayBuffer): Numbers;
}

const layouts: Readonly<Record<NumberType, Layout>> = {
  float16: { bytes: 2, decode: (buffer) => fromTable(buffer, halfTable()) },
  bfloat16: { bytes: 2, decode: (buffer) => Float32Array.from(new Uint16Array(buffer), brainToNumber) },
  float32: { bytes: 4, decode: (buffer) => new Float32Array(buffer) },
  float64: { bytes: 8, decode: (buffer) => new Float64Array(buffer) },
  int8: { bytes: 1, decode: (buffer) => new Int8Array(buffer) },
  int16: { bytes: 2, decode: (buffer) => new Int16Array(buffer) },
  int32: { bytes: 4, decode: (buffer) => new Int32Array(buffer) },
  int64: { bytes: 8, decode: (buffer) => fromHalves(buffer, new Int32Array(buffer)) },
  uint8: { bytes: 1, decode: (buffer) => new Uint8Array(buffer) },
  uint16: { bytes: 2, decode: (buffer) => new Uint16Array(buffer) },
  uint32: { bytes: 4, decode: (buffer) => new Uint32Array(buffer) },
  uint64: { bytes: 8, decode: (buffer) => fromHalves(buffer, new Uint32Array(buffer)) },
  bool: { bytes: 1, decode: (buffer) => new Uint8Array(buffer) },
};

export const numberTypes = Object.keys(layouts) as readonly NumberType[];

/** The types that NumPy has, by the codes of its formats. */
export const numpyTypes: Readonly<Record<string, NumberType>> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

export function isNumberType(name: string): name is NumberType {
  return Object.hasOwn(layouts, name);
}

/** Bytes of one number. */
export function bytesOf(type: NumberType): number {
  return layouts[type].bytes;
}

/** Numbers from bytes, which are left as they are. Machines that JavaScript runs on are little-endian. */
export function decodeNumbers(type: NumberType, bytes: Uint8Array, littleEndian = true): Numbers {
  const { bytes: width, decode } = layouts[type];
  // Not `slice`, which of Node's buffers is not a copy.
  const copy = new Uint8Array(bytes);
  if (!littleEndian && width > 1) for (let i = 0; i < copy.length; i += width) copy.subarray(i, i + width).reverse();
  return decode(copy.buffer);
}

/** 64-bit integers as the float64 nearest to them. */
function fromHalves(buffer: ArrayBuffer, signed: Int32Array | Uint32Array): Float64Array {
  const low = new Uint32Array(buffer);
  return Float64Array.from({ length: low.length / 2 }, (_, i) => signed[2 * i + 1] * 2 ** 32 + low[2 * i]);
}

let table: Float32Array | undefined;

function halfTable(): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToNumber(bits));
  return table;
}

function fromTable(buffer: ArrayBuffer, values: Float32Array): Float32Array {
  const bits = new Uint16Array(buffer);
  const result = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = values[bits[i]];
  return result;
}
