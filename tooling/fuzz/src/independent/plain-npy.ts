/** A second reading of `.npy` files, as plain as can be: what an accepted file must agree with. */
import { expectThat } from "../target.ts";

export interface PlainArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float64Array;
}

const readers: Readonly<
  Record<string, [width: number, read: (view: DataView, at: number, little: boolean) => number]>
> = {
  f2: [2, (view, at, little) => half(view.getUint16(at, little))],
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

/** @throws Fault where the bytes are no such file. */
export function plainNpy(bytes: Uint8Array): PlainArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin = new TextDecoder("latin1");
  expectThat(bytes[0] === 0x93 && latin.decode(bytes.subarray(1, 6)) === "NUMPY", "it does not begin as .npy files do");
  const wide = bytes[6] > 1;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  expectThat(end <= bytes.length, "its header is longer than it is");
  const header = latin.decode(bytes.subarray(begin, end));
  expectThat(/^[\t\n\r\f\v -~]*$/.test(header), "its header holds characters that no header has");
  const once = (pattern: RegExp) => {
    const found = [...header.matchAll(pattern)];
    expectThat(found.length === 1, () => `its header has ${found.length} of ${pattern.source}`);
    return found[0][1];
  };
  const descr = once(/'descr'\s*:\s*'([^']*)'/g);
  const fortran = once(/'fortran_order'\s*:\s*(True|False)/g) === "True";
  const shape = once(/'shape'\s*:\s*\(([^)]*)\)/g)
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => Number(part.replace("L", "")));
  const count = shape.reduce((product, size) => product * size, 1);
  const [order, code] = [descr.slice(0, 1), descr.slice(1)];
  expectThat(Object.hasOwn(readers, code) && /^[<>=|]$/.test(order), `its type is "${descr}"`);
  const [width, read] = readers[code];
  expectThat(end + width * count === bytes.length, `it has ${bytes.length - end} bytes for ${count} values`);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[fortran ? rowMajor(i, shape) : i] = read(view, end + i * width, order !== ">");
  return { shape, values };
}

/** Where the i-th value in Fortran order stands in C order. */
function rowMajor(i: number, shape: readonly number[]): number {
  let rest = i;
  const index = shape.map((size) => {
    const at = rest % size;
    rest = Math.floor(rest / size);
    return at;
  });
  return index.reduce((flat, at, axis) => flat * shape[axis] + at, 0);
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The box of a third of each axis, wherever that is. */
export function plainBox({
  shape,
  values,
}: PlainArray): PlainArray & { readonly from: number[]; readonly to: number[] } {
  const from = shape.map((size) => Math.floor(size / 3));
  const to = shape.map((size, axis) => Math.min(size, Math.max(from[axis], Math.ceil((2 * size) / 3))));
  const sizes = to.map((end, axis) => end - from[axis]);
  const count = sizes.reduce((product, size) => product * size, 1);
  const box = Float64Array.from({ length: count }, (_, flat) => {
    let rest = flat;
    const index = sizes.map(() => 0);
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      index[axis] = from[axis] + (rest % sizes[axis]);
      rest = Math.floor(rest / sizes[axis]);
    }
    return values[index.reduce((at, i, axis) => at * shape[axis] + i, 0)];
  });
  return { shape: sizes, values: box, from, to };
}

export function expectSame(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  expectThat(found.length === expected.length, () => `${what}: ${found.length} numbers instead of ${expected.length}`);
  for (let i = 0; i < found.length; i++) {
    if (found[i] === expected[i] || (Number.isNaN(found[i]) && Number.isNaN(expected[i]))) continue;
    expectThat(false, `${what}: ${found[i]} instead of ${expected[i]} at ${i}`);
  }
}
