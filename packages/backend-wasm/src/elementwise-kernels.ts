/**
 * Kernels of our own in place of tfjs's for the cases that a training step is made of: sums, differences and products of tensors of
 * one shape or with one repeated along the other, sums over leading or trailing axes, transposes of matrices in batches, slices
 * that lie together (of which tfjs reads the whole tensor).
 * Everything else goes to tfjs's kernel as before.
 */
import { meanSquaredDifference, registerKernel } from "@saeno/backend";
import {
  getKernel,
  type KernelConfig,
  registerKernel as registerTfjsKernel,
  slice_util,
  type TensorInfo,
  unregisterKernel,
  util,
} from "@tensorflow/tfjs-core";
import { addresses } from "./outputs.ts";
import type { Kernels } from "./thread-pool.ts";
import type { WasmBackend } from "./wasm-memory.ts";

type Call = Parameters<KernelConfig["kernelFunc"]>[0];

/** What a kernel makes of a call, or nothing where the call is not its case. */
type SpecialCase = (call: Call, backend: WasmBackend) => TensorInfo | undefined;

export function registerElementwiseKernels(kernels: Kernels): void {
  const operations = { Add: 0, Sub: 1, Multiply: 3, SquaredDifference: 4 };
  for (const [name, operation] of Object.entries(operations)) specialize(name, binary(kernels, operation));
  specialize("Sum", sums(kernels));
  specialize("Transpose", transposes(kernels));
  specialize("Slice", slices);

  registerKernel(meanSquaredDifference, "wasm", ({ x, y }, _, anyBackend) => {
    const backend = anyBackend as WasmBackend;
    const size = util.sizeFromShape(x.shape);
    const chunks = Math.ceil(size / chunkSize);
    const mean = backend.makeOutput([], "float32");
    const partial = backend.makeOutput([chunks], "float32");
    const [from, to, result, memory] = addresses(backend, x, y, mean, partial) as [number, number, number, number];
    kernels.run("meanSquare", [from, to, result, size, memory, chunks], { operations: 3 * size });
    backend.disposeData(partial.dataId);
    return { mean };
  });
}

/** As in assembly/elementwise.ts. */
const chunkSize = 16384;

/** Below this many entries tfjs's kernels do. */
const worthwhile = 4096;

function specialize(kernelName: string, special: SpecialCase): void {
  const config = getKernel(kernelName, "wasm");
  unregisterKernel(kernelName, "wasm");
  registerTfjsKernel({
    ...config,
    kernelFunc: (call) => special(call, call.backend as WasmBackend) ?? config.kernelFunc(call),
  });
}

function binary(kernels: Kernels, operation: number): SpecialCase {
  return ({ inputs }, backend) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
    const [long, short, turned] = repeats(a.shape, b.shape) ? [a, b, false] : [b, a, true];
    const size = util.sizeFromShape(long.shape);
    if (size < worthwhile || (turned && !repeats(b.shape, a.shape))) return undefined;
    const period = util.sizeFromShape(short.shape);
    const y = backend.makeOutput([...long.shape], "float32");
    // b - a where the operands changed places.
    const code = turned && operation === 1 ? 2 : operation;
    kernels.run("binary", [code, ...addresses(backend, long, short, y), size, period], {
      scratch: 4 * (4 * period + 64),
      operations: 4 * size,
    });
    return y;
  };
}

/** Whether a shape without its leading ones ends the other, which the result has. */
function repeats(long: readonly number[], short: readonly number[]): boolean {
  if (short.length > long.length) return false;
  const first = short.findIndex((n) => n !== 1);
  const rest = first < 0 ? [] : short.slice(first);
  return rest.every((n, i) => n === long[long.length - rest.length + i]);
}

function sums(kernels: Kernels): SpecialCase {
  return ({ inputs, attrs }, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const { axis, keepDims } = attrs as unknown as { axis: number | number[]; keepDims: boolean };
    const size = util.sizeFromShape(x.shape);
    if (x.dtype !== "float32" || size < worthwhile) return undefined;
    const axes = util.parseAxisParam(axis, x.shape).sort((p, q) => p - q);
    const adjacent = axes.every((each, i) => i === 0 || each === axes[i - 1] + 1);
    const leading = axes[0] === 0;
    const trailing = axes[axes.length - 1] === x.shape.length - 1;
    if (axes.length === 0 || !adjacent || !(leading || trailing)) return undefined;
    const reduced = axes.reduce((count, each) => count * x.shape[each], 1);
    const left = size / reduced;
    const shape = keepDims
      ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n))
      : x.shape.filter((_, i) => !axes.includes(i));
    const y = backend.makeOutput(shape, "float32");
    if (!leading) {
      kernels.run("rowSums", [...addresses(backend, x, y), left, reduced], { operations: size });
      return y;
    }
    const chunks = Math.max(1, Math.min(reduced, Math.ceil(size / chunkSize), 256));
    const together = Math.ceil(reduced / chunks);
    const partial = backend.makeOutput([chunks * left], "float32");
    kernels.run(
      "columnSums",
      [
        ...addresses(backend, x, y),
        reduced,
        left,
        ...addresses(backend, partial),
        Math.ceil(reduced / together),
        together,
      ],
      {
        scratch: 4 * (4 * left + 64),
        operations: size,
      },
    );
    backend.disposeData(partial.dataId);
    return y;
  };
}

function transposes(kernels: Kernels): SpecialCase {
  return ({ inputs, attrs }, backend) => {
    const { x } = inputs as { x: TensorInfo };
    const { perm } = attrs as unknown as { perm: number[] };
    const size = util.sizeFromShape(x.shape);
    if (x.dtype !== "float32" || size < worthwhile) return undefined;
    // [batch.., rows.., columns..] to [batch.., columns.., rows..].
    const batchAxes = perm.findIndex((axis, i) => axis !== i);
    if (batchAxes < 0) return undefined;
    const rowAxes = perm[batchAxes] - batchAxes;
    const columnAxes = perm.length - batchAxes - rowAxes;
    const swaps = perm.every((axis, i) => {
      if (i < batchAxes) return true;
      return axis === (i < batchAxes + columnAxes ? i + rowAxes : i - columnAxes);
    });
    if (!swaps) return undefined;
    const product = (from: number, to: number) => util.sizeFromShape(x.shape.slice(from, to));
    const y = backend.makeOutput(
      perm.map((axis) => x.shape[axis]),
      "float32",
    );
    const sizes = [
      product(0, batchAxes),
      product(batchAxes, batchAxes + rowAxes),
      product(batchAxes + rowAxes, perm.length),
    ];
    kernels.run("transposed", [...addresses(backend, x, y), ...sizes], { operations: 2 * size });
    return y;
  };
}

/** Slices whose entries follow each other. */
const slices: SpecialCase = ({ inputs, attrs }, backend) => {
  const { x } = inputs as { x: TensorInfo };
  const { begin, size } = attrs as unknown as { begin: number | number[]; size: number | number[] };
  if (x.dtype !== "float32" || x.shape.length === 0) return undefined;
  const [from, shape] = slice_util.parseSliceParams(x, begin, size);
  slice_util.assertParamsValid(x, from, shape);
  if (!slice_util.isSliceContinous(x.shape, from, shape)) return undefined;
  const y = backend.makeOutput(shape, "float32");
  const [source, target] = addresses(backend, x, y) as [number, number];
  const first = source + 4 * slice_util.computeFlatOffset(from, util.computeStrides(x.shape));
  backend.wasm.HEAPU8.copyWithin(target, first, first + 4 * util.sizeFromShape(shape));
  return y;
};
