import { SaenoError, sizeOf } from "@saeno/backend";

export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/**
 * Reads the bytes of an IDX file of unsigned bytes, the format of MNIST: two zero bytes, the type (8), the number of axes, their sizes
 * as big-endian 32-bit numbers, the values.
 *
 * @param axes how many axes it must have: 3 for images, 1 for labels.
 * @throws SaenoError `idx.format` for a wrong magic number, type, number of axes or length.
 */
export function parseIdx(bytes: Uint8Array, name: string, axes: number): IdxArray {
  const fail = (problem: string) =>
    new SaenoError("idx.format", `${name} is not an IDX file of ${axes === 3 ? "images" : "labels"}: ${problem}.`, {
      kind: "data",
    });
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8) {
    const found = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw fail(`it begins with the bytes "${found}", not with 00 00 08 0${axes}`);
  }
  if (bytes[3] !== axes) throw fail(`it has ${bytes[3]} axes, not ${axes}`);
  const header = 4 + 4 * axes;
  if (bytes.length < header) throw fail("its header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (bytes.length !== header + sizeOf(shape)) {
    throw fail(`it declares ${shape.join(" x ")} values and has ${bytes.length - header}; it is truncated or damaged`);
  }
  return { shape, values: bytes.subarray(header) };
}
