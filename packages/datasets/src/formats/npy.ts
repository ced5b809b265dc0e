import { SaenoError, sizeOf } from "@saeno/backend";
import { type ArraySource, contiguousArray, reversed } from "../arrays/array-source.ts";
import { bytesOf, decodeNumbers, type NumberType, numpyTypes } from "../arrays/numbers.ts";
import { recognizedBytes, wrongFile } from "../arrays/recognize.ts";
import type { ByteSource } from "../bytes/byte-source.ts";

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major, whatever the order in the file. */
  readonly values: Float32Array;
}

/** What the header of a `.npy` file says. */
interface Header {
  readonly type: NumberType;
  readonly shape: readonly number[];
  readonly littleEndian: boolean;
  readonly columnMajor: boolean;
  /** Where the values begin. */
  readonly offset: number;
}

/** Bytes before the header's text, at most; and of the text: NumPy itself reads no more without being told to. */
const [prefixBytes, mostHeaderBytes] = [12, 2 ** 20];

/**
 * A NumPy `.npy` file (format versions 1 to 3) as an array that is read by boxes: floats, integers and booleans of either byte order, C or
 * Fortran order. Pickled objects are never loaded.
 *
 * @throws SaenoError `npy.format` saying what is wrong, or what the file is instead; `npy.type` for a type that is not a number.
 */
export async function openNpy(bytes: ByteSource): Promise<ArraySource> {
  const { name, size } = bytes;
  const start = await bytes.read(0, Math.min(size, recognizedBytes));
  const end = headerEnd(start, name, size);
  const header = readHeader(end <= start.length ? start : await bytes.read(0, end), name, size);
  return contiguousArray({ name, bytes, ...header });
}

/**
 * Reads the bytes of a `.npy` file as float32.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError as `openNpy`; `data.range` for a number beyond float32.
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const { type, shape, littleEndian, columnMajor, offset } = readHeader(bytes, name, bytes.length);
  const numbers = decodeNumbers(type, bytes.subarray(offset), littleEndian);
  const beyond = numbers.find((value) => Number.isFinite(value) && !Number.isFinite(Math.fround(value)));
  if (beyond !== undefined) {
    const problem = `${name} holds ${beyond}, beyond the largest number of float32, 3.4e38. Scale the data first.`;
    throw new SaenoError("data.range", problem, { kind: "data" });
  }
  const ordered = columnMajor ? reversed(numbers, shape) : numbers;
  return { shape, values: ordered instanceof Float32Array ? ordered : Float32Array.from(ordered) };
}

/** The bytes of a `.npy` file, version 1, float32, row-major. */
export function encodeNpy({ shape, values }: NpyArray): Uint8Array {
  if (sizeOf(shape) !== values.length) {
    throw new SaenoError("npy.shape", `${values.length} values do not fit the shape [${shape.join(", ")}].`);
  }
  const header = npyHeader(shape);
  const bytes = new Uint8Array(header.length + 4 * values.length);
  bytes.set(header);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), header.length);
  return bytes;
}

/** What stands before the values of a `.npy` file, float32 unless it is told, so that they can be written as they come. */
export function npyHeader(shape: readonly number[], type: "float32" | "int32" | "uint8" = "float32"): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${{ float32: "<f4", int32: "<i4", uint8: "|u1" }[type]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), 10);
  return bytes;
}

/** Where the header ends and the values begin. */
function headerEnd(bytes: Uint8Array, name: string, size: number): number {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    const problem = "it does not begin with \\x93NUMPY";
    throw wrongFile({ bytes, name }, { expected: "a valid .npy file", code: "npy.format", problem });
  }
  if (bytes.length < prefixBytes) throw formatError(name, "its header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) throw formatError(name, `its format version is ${version}; known are 1 to 3`);
  const end = version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (end > size) throw formatError(name, "its header is cut off");
  if (end > mostHeaderBytes) throw formatError(name, `its header has ${end} bytes, too many to describe an array`);
  return end;
}

/** @param bytes of the header, or more. */
function readHeader(bytes: Uint8Array, name: string, size: number): Header {
  const offset = headerEnd(bytes, name, size);
  const text = new TextDecoder(bytes[6] === 3 ? "utf-8" : "latin1").decode(
    bytes.subarray(bytes[6] === 1 ? 10 : 12, offset),
  );
  const { descr, fortran_order: fortran, shape: sizes } = dictionary(text, name);
  const [order, code] = [descr.slice(0, 1), descr.slice(1)];
  const type = Object.hasOwn(numpyTypes, code) && "<>|=".includes(order) ? numpyTypes[code] : undefined;
  if (type === undefined) {
    const remedy = code.startsWith("c") ? "save its real and imaginary parts as two channels" : "convert it to float32";
    throw new SaenoError(
      "npy.type",
      `${name} holds values of type "${descr}", which are not real numbers: ${remedy}.`,
      {
        kind: "data",
      },
    );
  }
  const shape = sizes.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  const count = sizeOf(shape);
  // Also where an axis of 0 hides it.
  if (!Number.isSafeInteger(sizeOf(shape.filter((size) => size !== 0))))
    throw formatError(name, `its shape (${sizes}) is impossible`);
  const missing = offset + count * bytesOf(type) - size;
  if (missing > 0)
    throw formatError(name, `${missing} bytes of its ${count} values are missing: the file is truncated`);
  if (missing < 0) throw formatError(name, `${-missing} bytes follow its ${count} values`);
  return { type, shape, littleEndian: order !== ">", columnMajor: fortran === "True", offset };
}

const entry =
  /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^'\\]*)'|(True|False)|\(((?:\s*\d+L?\s*,)*\s*(?:\d+L?)?\s*)\))\s*(,|(?=\s*\}))/y;
const kinds = { descr: 2, fortran_order: 3, shape: 4 } as const;

/** The header is the text of a Python dictionary with three known keys. */
function dictionary(text: string, name: string): Record<keyof typeof kinds, string> {
  const found: Partial<Record<keyof typeof kinds, string>> = {};
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw formatError(name, "its header is not a dictionary");
  if (/'descr'\s*:\s*\[/.test(body)) {
    const problem = `${name} holds records of several fields, not numbers: save one field as an array of its own.`;
    throw new SaenoError("npy.type", problem, { kind: "data" });
  }
  if (!/^[\t\n\f\r -~]*$/.test(text)) throw formatError(name, "its header is damaged");
  entry.lastIndex = 0;
  const inside = `${body}}`;
  while (!/^\s*\}$/.test(inside.slice(entry.lastIndex))) {
    const match = entry.exec(inside);
    const key = match?.[1];
    if (match === null || (key !== "descr" && key !== "fortran_order" && key !== "shape"))
      throw formatError(name, "its header is damaged");
    const value = match[kinds[key]];
    if (value === undefined || found[key] !== undefined)
      throw formatError(name, `its header has ${value === undefined ? "no right" : "two values of"} ${key}`);
    found[key] = value.replaceAll("L", "");
  }
  const { descr, fortran_order, shape } = found;
  if (descr === undefined || fortran_order === undefined || shape === undefined)
    throw formatError(name, "its header lacks descr, fortran_order or shape");
  return { descr, fortran_order, shape };
}

function formatError(name: string, problem: string): SaenoError {
  return new SaenoError("npy.format", `${name} is not a valid .npy file: ${problem}.`, { kind: "data" });
}
