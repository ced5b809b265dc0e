import {
  broadcast_util,
  getKernel,
  type KernelConfig,
  registerKernel,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
  transpose,
  unregisterKernel,
  util,
  zeros,
} from "@tensorflow/tfjs-core";
import { addresses, allocate } from "./outputs.ts";
import type { Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

type KernelFunction = KernelConfig["kernelFunc"];
let original: KernelFunction | undefined;

/**
 * tfjs's wasm matrix product is fast for two plain matrices and ten to fifty times slower for a transposed factor or a
 * batch. Transposing first, and folding a batch that shares its right factor into the rows, keeps to the fast path.
 */
export function registerMatMul(): void {
  if (original !== undefined) return;
  const config = getKernel("BatchMatMul", "wasm");
  original = config.kernelFunc;
  unregisterKernel("BatchMatMul", "wasm");
  registerKernel({ ...config, kernelFunc: matMul });
}

/** The product of assembly/mat-mul.ts in place of tfjs's. */
export function registerThreadedMatMul(kernels: Kernels): void {
  const config = getKernel("BatchMatMul", "wasm");
  unregisterKernel("BatchMatMul", "wasm");
  registerKernel({
    ...config,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      return threadedMatMul(kernels, a, b, attrs as unknown as Transposes, backend as WasmBackend);
    },
  });
}

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows of a left panel and columns of a right one; assembly/tiles.ts holds the same. */
export const panel: { readonly rows: number; readonly columns: number } = { rows: 5, columns: 8 };

/** What is packed at a time of each operand, in entries, and the depth of it. */
export const packedSize: number = 2 ** 23;
const packedDepth = 4096;

/** Panels of rows and of columns that a thread takes at a time: the rows, packed, stay in its second-level cache. */
export const largestBlock: { readonly rows: number; readonly columns: number } = { rows: 12, columns: 32 };

/** Operations below which other threads are not woken, as a multiple of what the pool takes for little. */
const wakeUp = 80;

function threadedMatMul(
  kernels: Kernels,
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Transposes,
  backend: WasmBackend,
): TensorInfo {
  const turned = (shape: readonly number[], transposed: boolean) =>
    transposed ? [...shape.slice(0, -2), shape.at(-1) as number, shape.at(-2) as number] : shape;
  const shape = productShape(turned(a.shape, transposeA), turned(b.shape, transposeB));
  const [rows, columns] = shape.slice(-2) as [number, number];
  const depth = a.shape.at(transposeA ? -2 : -1) as number;
  const { product } = allocate(backend, { product: shape });
  const [fromA, fromB, to] = addresses(backend, a, b, product) as [number, number, number];
  const batch = util.sizeFromShape(shape.slice(0, -2));
  if (batch * rows * columns === 0) return product;
  if (depth === 0) {
    backend.typedArrayFromHeap(product).fill(0);
    return product;
  }

  // Entry (i, k) of A is i * rowA + k * depthA entries on, (k, j) of B is k * depthB + j * columnB.
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

/** A product whose packed operands would take too much memory in parts that do not. */
export function multiplyInParts(kernels: Kernels, whole: Product): void {
  const { rows, columns, depth, a, b, c, strides } = whole;
  const [rowA, depthA, columnB, depthB, rowC] = strides;
  const parts = {
    depth: Math.min(depth, packedDepth),
    rows: partOf(rows, Math.min(depth, packedDepth), largestBlock.rows * panel.rows),
    columns: partOf(columns, Math.min(depth, packedDepth), largestBlock.columns * panel.columns),
  };
  const batchPart = Math.max(
    1,
    Math.floor(packedSize / (parts.depth * Math.max(parts.rows, parts.columns, panel.columns))),
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

export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Addresses of the matrices of a batch. */
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly c: readonly number[];
  /** Of A by row and depth, of B by column and depth, of C by row; in entries. */
  readonly strides: readonly [number, number, number, number, number];
  /** Adds to C. */
  readonly accumulate: boolean;
}

function multiply(kernels: Kernels, { rows, columns, depth, a, b, c, strides, accumulate }: Product): void {
  const count = c.length;
  const [panelsA, panelsB] = [Math.ceil(rows / panel.rows), Math.ceil(columns / panel.columns)];
  const [sharedA, sharedB] = [a, b].map((addresses) => addresses.every((address) => address === addresses[0]));
  const block = { ...largestBlock };
  const tasks = () => count * Math.ceil(panelsA / block.rows) * Math.ceil(panelsB / block.columns);
  while (tasks() < 4 * kernels.threads && block.columns > 2) block.columns /= 2;
  const table = align(12 * count);
  const packedA = align(4 * panel.rows * panelsA * depth * (sharedA ? 1 : count));
  const packedB = 4 * panel.columns * panelsB * depth * (sharedB ? 1 : count);
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
    { scratch: 160, operations: (2 * count * rows * columns * depth) / wakeUp },
  );
  memory.free();
}

/** How many rows (columns) are packed at a time: whole blocks. */
function partOf(length: number, depth: number, block: number): number {
  const most = Math.floor(packedSize / depth / block) * block;
  return Math.min(length, Math.max(most, block));
}

/** Which matrix of a tensor each matrix of the broadcast batch is. */
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

const matMul: KernelFunction = (call) => tidy(() => run(call) as Tensor);

function run({ inputs, attrs, backend }: Parameters<KernelFunction>[0]): TensorInfo {
  const product = (a: Tensor, b: Tensor) => {
    const result = (original as KernelFunction)({
      inputs: { a, b },
      attrs: { transposeA: false, transposeB: false },
      backend,
    });
    return Array.isArray(result) ? result[0] : result;
  };
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const a = transposeA ? transposeLast(inputs.a as Tensor) : (inputs.a as Tensor);
  const b = transposeB ? transposeLast(inputs.b as Tensor) : (inputs.b as Tensor);
  // tfjs's kernel leaves the result of an empty product uninitialized.
  if (a.size === 0 || b.size === 0) return zeros(productShape(a.shape, b.shape));
  const sharedB = util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  if (!sharedB || a.rank === 2) return product(a, b);
  const inner = a.shape[a.rank - 1];
  const columns = b.shape[b.rank - 1];
  const flat = product(reshape(a, [-1, inner]), reshape(b, [inner, columns]));
  return { ...flat, shape: productShape(a.shape, b.shape) };
}

/** The shape of the product of two batches of matrices, one broadcast to the other. */
function productShape(a: readonly number[], b: readonly number[]): number[] {
  const batch = broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  return [...batch, a[a.length - 2], b[b.length - 1]];
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = x.rank - 1;
  return transpose(x, [...axes.slice(0, -2), last, last - 1]);
}
