import { SaenoError, sizeOf } from "@saeno/backend";
import { type ArraySource, contiguousArray } from "../arrays/array-source.ts";
import { bytesOf, decodeNumbers, type Numbers, type NumberType } from "../arrays/numbers.ts";
import type { ByteSource } from "../bytes/byte-source.ts";

export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Numbers;
}

/** Types by their number in the file. */
const types: ReadonlyMap<number, NumberType> = new Map([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

interface IdxHeader {
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Of the numbers. */
  readonly offset: number;
}

/**
 * Reads the bytes of an IDX file, the format of MNIST: two zero bytes, the type of number, the number of axes, their sizes as big-endian
 * 32-bit numbers, the values, big-endian.
 *
 * @param axes how many axes it must have: 3 for images, 1 for labels.
 * @throws SaenoError `idx.format` for a wrong magic number, type, number of axes or length, or an axis without points.
 */
export function parseIdx(bytes: Uint8Array, name: string, axes: number): IdxArray {
  const { shape, type, offset } = headerOf(bytes, bytes.length, name, axes);
  // Bytes are a view of the file, as they need no decoding.
  const numbers = bytes.subarray(offset);
  return { shape, values: type === "uint8" ? numbers : decodeNumbers(type, numbers, false) };
}

/**
 * The array of an IDX file of any size.
 *
 * @throws SaenoError as {@link parseIdx}.
 */
export async function idxArray(bytes: ByteSource, axes: number): Promise<ArraySource> {
  const { name, size } = bytes;
  const header = headerOf(await bytes.read(0, Math.min(size, 4 + 4 * axes)), size, name, axes);
  return contiguousArray({ name, bytes, littleEndian: false, ...header });
}

function headerOf(start: Uint8Array, size: number, name: string, axes: number): IdxHeader {
  const fail = (problem: string) =>
    new SaenoError("idx.format", `${name} is not an IDX file of ${axes === 3 ? "images" : "labels"}: ${problem}.`, {
      kind: "data",
    });
  const type = types.get(start[2]);
  if (start.length < 4 || start[0] !== 0 || start[1] !== 0 || type === undefined) {
    const found = Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw fail(`it begins with the bytes "${found}", not with 00 00 08 0${axes}`);
  }
  if (start[3] !== axes) throw fail(`it has ${start[3]} axes, not ${axes}`);
  const offset = 4 + 4 * axes;
  if (start.length < offset) throw fail("its header is cut off");
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.includes(0)) throw fail(`it declares ${shape.join(" x ")} values, none at all`);
  const values = (size - offset) / bytesOf(type);
  if (values !== sizeOf(shape)) {
    throw fail(`it declares ${shape.join(" x ")} values and has ${Math.floor(values)}; it is truncated or damaged`);
  }
  return { shape, type, offset };
}
