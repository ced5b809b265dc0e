import { sizeOf } from "@saeno/backend";
import type { ByteSource } from "../bytes/byte-source.ts";
import { bytesOf, decodeNumbers, type Numbers, type NumberType } from "./numbers.ts";

/** An array in a file, read by boxes: every format gives one, and `functionsOf` turns it into a dataset. */
export interface ArraySource {
  /** What to call it in messages: `fields.h5#velocity`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** The boxes it is stored in, each read whole: a size for each axis. Absent if any run of numbers can be read. */
  readonly chunks?: readonly number[];
  /** The file's own names of its axes. */
  readonly axes?: readonly string[];
  /** What is done to the numbers, a phrase each: `scaled by 0.01`. */
  readonly notes?: readonly string[];
  /** The numbers of a box, row-major: those with `from[axis] <= index < to[axis]`. */
  read(from: readonly number[], to: readonly number[]): Promise<Numbers>;
  close?(): Promise<void>;
}

export interface ContiguousArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  readonly bytes: ByteSource;
  /** Where its first number is. */
  readonly offset: number;
  /** Default true. */
  readonly littleEndian?: boolean;
  /** First index fastest, as Fortran and MATLAB store arrays. Default false. */
  readonly columnMajor?: boolean;
}

/** Runs closer than this, in bytes, are read in one request, which costs more than what lies between; and no more than so much at once. */
const [gap, most] = [2 ** 16, 2 ** 24];

/** An array whose numbers follow one another. */
export function contiguousArray(array: ContiguousArray): ArraySource {
  const { name, shape, type, bytes, offset, littleEndian = true, columnMajor = false } = array;
  const width = bytesOf(type);
  const close = bytes.close?.bind(bytes);
  const stored = columnMajor ? shape.toReversed() : shape;
  const strides = stridesOf(stored);

  /** The box of the stored order, row-major. */
  async function readStored(from: readonly number[], to: readonly number[]): Promise<Numbers> {
    const sizes = to.map((end, axis) => end - from[axis]);
    const total = sizeOf(sizes);
    if (total === 0) return decodeNumbers(type, new Uint8Array(0));
    // Axes from `inner` on are taken whole, so that each run of numbers spans them.
    let inner = stored.length;
    while (inner > 0 && sizes[inner - 1] === stored[inner - 1]) inner--;
    const runAxis = Math.max(0, inner - 1);
    const run = (sizes[runAxis] ?? 1) * (strides[runAxis] ?? 1);
    const starts: number[] = [];
    eachIndex(from.slice(0, runAxis), to.slice(0, runAxis), (index) => {
      starts.push([...index, from[runAxis] ?? 0].reduce((at, i, axis) => at + i * (strides[axis] ?? 0), 0));
    });
    const found = new Uint8Array(total * width);
    for (let i = 0; i < starts.length; ) {
      let j = i + 1;
      const begin = starts[i];
      const isNear = (at: number, before: number) =>
        (at - before - run) * width <= gap && (at + run - begin) * width <= most;
      while (j < starts.length && isNear(starts[j], starts[j - 1])) j++;
      const piece = await bytes.read(offset + begin * width, offset + (starts[j - 1] + run) * width);
      for (; i < j; i++) {
        const at = (starts[i] - begin) * width;
        found.set(piece.subarray(at, at + run * width), i * run * width);
      }
    }
    return decodeNumbers(type, found, littleEndian);
  }

  return {
    name,
    shape,
    type,
    ...(close === undefined ? {} : { close }),
    async read(from, to) {
      if (!columnMajor) return readStored(from, to);
      const numbers = await readStored(from.toReversed(), to.toReversed());
      const sizes = to.map((end, axis) => end - from[axis]);
      return reversed(numbers, sizes);
    },
  };
}

/** How far apart neighbors along each axis are, row-major. */
export function stridesOf(sizes: readonly number[]): number[] {
  return sizes.map((_, axis) => sizeOf(sizes.slice(axis + 1)));
}

/** A box with its axes in reverse order, put into theirs. */
export function reversed(numbers: Numbers, sizes: readonly number[]): Numbers {
  const axes = sizes.map((_, axis) => sizes.length - 1 - axis);
  return transposed(numbers, sizes.toReversed(), axes);
}

/**
 * Numbers with their axes in another order.
 *
 * @param sizes of the box as it is, row-major.
 * @param axes of the result: `axes[i]` is the axis of the box that comes i-th.
 */
export function transposed<N extends Numbers>(numbers: N, sizes: readonly number[], axes: readonly number[]): N {
  // Of nothing the other axes may have any size.
  if (numbers.length === 0 || axes.every((axis, i) => axis === i)) return numbers;
  const strides = stridesOf(sizes);
  const result = numbers.slice() as N;
  const inner = axes[axes.length - 1];
  const [count, step] = [sizes[inner], strides[inner]];
  const outer = axes.slice(0, -1);
  let at = 0;
  eachIndex(
    outer.map(() => 0),
    outer.map((axis) => sizes[axis]),
    (index) => {
      let from = 0;
      for (let i = 0; i < index.length; i++) from += index[i] * strides[outer[i]];
      for (let i = 0; i < count; i++) result[at++] = numbers[from + i * step];
    },
  );
  return result;
}

/** Every index of a box, the last axis fastest. The array given is the same each time. */
export function eachIndex(
  from: readonly number[],
  to: readonly number[],
  visit: (index: readonly number[]) => void,
): void {
  if (from.some((start, axis) => start >= to[axis])) return;
  const index = [...from];
  for (;;) {
    visit(index);
    let axis = index.length - 1;
    while (axis >= 0 && ++index[axis] === to[axis]) index[axis] = from[axis--];
    if (axis < 0) return;
  }
}

/** Numbers read at a time where an array is read from end to end. */
const pieceNumbers = 2 ** 22;

/**
 * Reads an array along its first axis piece by piece, or with a share below 1 some pieces spread evenly over it.
 */
export async function readPieces(
  { shape, chunks, read }: ArraySource,
  { share = 1, onProgress }: { readonly share?: number; readonly onProgress?: (done: number, total: number) => void },
  visit: (numbers: Numbers) => void | Promise<void>,
): Promise<void> {
  const [length = 1, ...rest] = shape;
  const inRow = sizeOf(rest);
  const chunk = chunks?.[0] ?? 1;
  const step = Math.max(1, Math.round(pieceNumbers / Math.max(1, inRow) / chunk)) * chunk;
  const count = Math.ceil(length / step);
  const wanted = Math.max(1, Math.round(share * count));
  for (let i = 0; i < wanted; i++) {
    const begin = step * Math.floor((i * count) / wanted);
    const [from, to] = [
      [begin, ...rest.map(() => 0)],
      [Math.min(length, begin + step), ...rest],
    ];
    await visit(await read(from.slice(0, shape.length), to.slice(0, shape.length)));
    onProgress?.(i + 1, wanted);
  }
}
