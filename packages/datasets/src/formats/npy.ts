import { SaenoError, sizeOf } from "@saeno/backend";
import { halfToNumber } from "./small-floats.ts";

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major, whatever the order in the file. */
  readonly values: Float32Array;
}

type Read = (view: DataView, at: number, little: boolean) => number;
/** Bytes and reader of each type of number. */
const types: Readonly<Record<string, readonly [number, Read]>> = {
  f2: [2, (view, at, little) => halfToNumber(view.getUint16(at, little))],
  f4: [4, (view, at, little) => view.getFloat32(at, little)],
  f8: [8, (view, at, little) => view.getFloat64(at, little)],
  i1: [1, (view, at) => view.getInt8(at)],
  i2: [2, (view, at, little) => view.getInt16(at, little)],
  i4: [4, (view, at, little) => view.getInt32(at, little)],
  i8: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  u1: [1, (view, at) => view.getUint8(at)],
  u2: [2, (view, at, little) => view.getUint16(at, little)],
  u4: [4, (view, at, little) => view.getUint32(at, little)],
  u8: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  b1: [1, (view, at) => view.getUint8(at)],
};

/**
 * Reads the bytes of a NumPy `.npy` file (format versions 1 to 3) as float32: floats, integers and booleans of either byte order,
 * C or Fortran order. Pickled objects are never loaded.
 *
 * @param name what to call the file in errors.
 * @throws SaenoError `npy.format` saying what is wrong, `npy.type` for a type that is not a number.
 */
export function parseNpy(bytes: Uint8Array, name: string): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte))
    throw formatError(name, "it does not begin with \\x93NUMPY");
  const version = bytes[6];
  if (version < 1 || version > 3) throw formatError(name, `its format version is ${version}; known are 1 to 3`);
  const [length, at] = version === 1 ? [view.getUint16(8, true), 10] : [view.getUint32(8, true), 12];
  if (at + length > bytes.length) throw formatError(name, "its header is cut off");
  const { descr, fortran, shape } = parseHeader(new TextDecoder().decode(bytes.subarray(at, at + length)), name);
  const [size, read] = types[descr.slice(1)] ?? [];
  if (size === undefined || read === undefined) {
    throw new SaenoError(
      "npy.type",
      `${name} holds values of type "${descr}"; convert it to float32 or another real number type.`,
      { kind: "data" },
    );
  }
  const count = sizeOf(shape);
  const missing = at + length + count * size - bytes.length;
  if (missing !== 0) {
    throw formatError(
      name,
      missing > 0
        ? `${missing} bytes of its ${count} values are missing: the file is truncated`
        : `${-missing} bytes follow its ${count} values`,
    );
  }
  const little = !descr.startsWith(">");
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, at + length + i * size, little);
  return { shape, values: fortran ? toRowMajor(values, shape) : values };
}

/** The bytes of a `.npy` file, version 1, float32, row-major. */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { shape, values } = array;
  if (sizeOf(shape) !== values.length) {
    throw new SaenoError("npy.shape", `${values.length} values do not fit the shape [${shape.join(", ")}].`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length + 4 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  view.setUint16(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), 10);
  values.forEach((value, i) => {
    view.setFloat32(10 + padded.length + 4 * i, value, true);
  });
  return bytes;
}

/** The header is the text of a Python dictionary with three known keys. */
function parseHeader(text: string, name: string): { descr: string; fortran: boolean; shape: number[] } {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined && /'descr'\s*:\s*\[/.test(text)) {
    throw new SaenoError("npy.type", `${name} holds records of several fields; save one field as a separate array.`, {
      kind: "data",
    });
  }
  if (descr === undefined || fortran === undefined || shape === undefined)
    throw formatError(name, "its header lacks descr, fortran_order or shape");
  const sizes = shape
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return { descr, fortran: fortran === "True", shape: sizes.map(Number) };
}

function toRowMajor(values: Float32Array, shape: readonly number[]): Float32Array {
  const result = new Float32Array(values.length);
  const index = shape.map(() => 0);
  for (let i = 0; i < values.length; i++) {
    let flat = 0;
    let stride = 1;
    shape.forEach((size, axis) => {
      flat += index[axis] * stride;
      stride *= size;
    });
    result[i] = values[flat];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = index[axis] + 1;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

function formatError(name: string, problem: string): SaenoError {
  return new SaenoError("npy.format", `${name} is not a valid .npy file: ${problem}.`, { kind: "data" });
}
