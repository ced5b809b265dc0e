import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS, TILE_BYTES } from "../../assembly/layout.ts";
import { addresses, allocate } from "../runtime/outputs.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { productShape, type Transposes } from "./mat-mul.ts";
import { replaceKernel, type TfjsCall } from "./replace-kernel.ts";

/** Replaces tfjs's matrix product by that of assembly/mat-mul.ts. */
export function registerThreadedMatMul(kernels: Kernels): void {
  replaceKernel<"a" | "b", Transposes>("BatchMatMul", (call) => threadedMatMul(kernels, call));
}

/** How much of each operand is packed at a time, in entries, and to what depth. */
export const packedSize: number = 2 ** 23;
const packedDepth = 4096;

/** Panels of rows and of columns that a thread takes at a time: the rows, packed, stay in its second-level cache. Halved, columns stay whole groups. */
export const largestBlock: { readonly rows: number; readonly columns: number } = { rows: 24, columns: 48 };

/** Operations below which other threads are not woken, as a multiple of the pool's own limit. */
const wakeUp = 80;

function threadedMatMul(
  kernels: Kernels,
  { inputs: { a, b }, attributes: { transposeA, transposeB }, backend }: TfjsCall<"a" | "b", Transposes>,
): TensorInfo {
  const turned = (shape: readonly number[], transposed: boolean) => {
    const [rows, columns] = shape.slice(-2);
    return transposed ? [...shape.slice(0, -2), columns, rows] : shape;
  };
  const shape = productShape(turned(a.shape, transposeA), turned(b.shape, transposeB));
  const [rows, columns] = shape.slice(-2);
  const depth = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const { product } = allocate(backend, { product: shape });
  const [fromA, fromB, to] = addresses(backend, a, b, product);
  const batch = util.sizeFromShape(shape.slice(0, -2));
  if (batch * rows * columns === 0) return product;
  if (depth === 0) {
    backend.typedArrayFromHeap(product).fill(0);
    return product;
  }

  // Entry (i, k) of A is at i * rowA + k * depthA, (k, j) of B at k * depthB + j * columnB.
  const [rowA, depthA] = transposeA ? [1, rows] : [depth, 1];
  const [columnB, depthB] = transposeB ? [depth, 1] : [1, columns];
  const matricesA = matrixIndices(a.shape, shape);
  const matricesB = matrixIndices(b.shape, shape);
  multiplyInParts(kernels, {
    ...{ rows, columns, depth },
    a: matricesA.map((index) => fromA + 4 * index * rows * depth),
    b: matricesB.map((index) => fromB + 4 * index * columns * depth),
    c: matricesA.map((_, index) => to + 4 * index * rows * columns),
    strides: [rowA, depthA, columnB, depthB, columns],
    accumulate: false,
  });
  return product;
}

/** Computes a product in parts, so that packed operands do not take too much memory. */
export function multiplyInParts(kernels: Kernels, whole: Product): void {
  const { rows, columns, depth, a, b, c, strides } = whole;
  const [rowA, depthA, columnB, depthB, rowC] = strides;
  const parts = {
    depth: Math.min(depth, packedDepth),
    rows: partOf(rows, Math.min(depth, packedDepth), largestBlock.rows * PANEL_ROWS),
    columns: partOf(columns, Math.min(depth, packedDepth), largestBlock.columns * PANEL_COLUMNS),
  };
  const batchPart = Math.max(
    1,
    Math.floor(packedSize / (parts.depth * Math.max(parts.rows, parts.columns, GROUP_PANELS * PANEL_COLUMNS))),
  );
  for (let s = 0; s < c.length; s += batchPart) {
    const from = (addresses: readonly number[], entries: number) =>
      addresses.slice(s, s + batchPart).map((address) => address + 4 * entries);
    for (let i = 0; i < rows; i += parts.rows) {
      for (let j = 0; j < columns; j += parts.columns) {
        for (let k = 0; k < depth; k += parts.depth) {
          multiply(kernels, {
            rows: Math.min(parts.rows, rows - i),
            columns: Math.min(parts.columns, columns - j),
            depth: Math.min(parts.depth, depth - k),
            a: from(a, i * rowA + k * depthA),
            b: from(b, k * depthB + j * columnB),
            c: from(c, i * rowC + j),
            strides,
            accumulate: whole.accumulate || k > 0,
          });
        }
      }
    }
  }
}

/** Right panels that are packed of so many columns, at most. */
export function rightPanels(columns: number): number {
  return GROUP_PANELS * Math.ceil(columns / PANEL_COLUMNS / GROUP_PANELS);
}

export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Addresses of the matrices of a batch. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly c: readonly number[];
  /** Strides of A by row and depth, of B by column and depth, of C by row; in entries. */
  readonly strides: readonly [number, number, number, number, number];
  /** Add to C instead of overwriting it. */
  readonly accumulate: boolean;
}

function multiply(kernels: Kernels, { rows, columns, depth, a, b, c, strides, accumulate }: Product): void {
  const count = c.length;
  const [panelsA, panelsB] = [Math.ceil(rows / PANEL_ROWS), rightPanels(columns)];
  const [sharedA, sharedB] = [a, b].map((addresses) => addresses.every((address) => address === addresses[0]));
  const block = { ...largestBlock };
  const tasks = () => count * Math.ceil(panelsA / block.rows) * Math.ceil(panelsB / block.columns);
  while (tasks() < 4 * kernels.threads && block.columns > GROUP_PANELS) block.columns /= 2;
  const table = align(12 * count);
  const packedA = align(4 * PANEL_ROWS * panelsA * depth * (sharedA ? 1 : count));
  const packedB = 4 * PANEL_COLUMNS * panelsB * depth * (sharedB ? 1 : count);
  const memory = kernels.allocate(table + packedA + packedB);
  memory.words().set([...a, ...b, ...c]);
  kernels.run(
    "matMul",
    [
      memory.address,
      count,
      rows,
      columns,
      depth,
      ...strides,
      sharedA ? 1 : 0,
      sharedB ? 1 : 0,
      memory.address + table,
      memory.address + table + packedA,
      block.rows,
      block.columns,
      accumulate ? 1 : 0,
    ],
    { scratch: TILE_BYTES, operations: (2 * count * rows * columns * depth) / wakeUp },
  );
  memory.free();
}

/** How many rows (columns) are packed at a time: whole blocks. */
function partOf(length: number, depth: number, block: number): number {
  const most = Math.floor(packedSize / depth / block) * block;
  return Math.min(length, Math.max(most, block));
}

/** For each matrix of the broadcast batch, the index of the matrix of the tensor. */
function matrixIndices(shape: readonly number[], broadcast: readonly number[]): number[] {
  const batch = broadcast.slice(0, -2);
  const own = shape.slice(0, -2);
  let indices = [0];
  batch.forEach((length, axis) => {
    const ownLength = own[axis - (batch.length - own.length)] ?? 1;
    indices = indices.flatMap((index) =>
      Array.from({ length }, (_, i) => index * ownLength + (ownLength === 1 ? 0 : i)),
    );
  });
  return indices;
}

function align(bytes: number): number {
  return (bytes + 63) & ~63;
}
