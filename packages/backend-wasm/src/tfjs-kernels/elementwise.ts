/**
 * Our kernels in place of tfjs's for the cases that training steps consist of: sums, differences and products of tensors of one shape, or
 * of which one repeats along the other; sums over leading or trailing axes; transposes of batches of matrices; contiguous slices (for
 * which tfjs reads the whole tensor). Everything else still goes to tfjs's kernels.
 */
import { meanSquaredDifference } from "@saeno/backend";
import { slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { SUM_CHUNK } from "../../assembly/layout.ts";
import { addresses } from "../runtime/outputs.ts";
import { register } from "../runtime/register.ts";
import type { Kernels } from "../runtime/thread-pool.ts";
import { replaceKernel, type TfjsCall } from "./replace-kernel.ts";

/** The result of a call, or nothing if the call is not one of its cases. */
type SpecialCase<Input extends string, Attributes extends object> = (
  call: TfjsCall<Input, Attributes>,
) => TensorInfo | undefined;

export function registerElementwiseKernels(kernels: Kernels): void {
  const operations = { Add: 0, Sub: 1, Multiply: 3, SquaredDifference: 4 };
  for (const [name, operation] of Object.entries(operations)) specialize(name, binary(kernels, operation));
  specialize("Sum", sums(kernels));
  specialize("Transpose", transposes(kernels));
  specialize("Slice", slices);

  register(meanSquaredDifference, ({ x, y }, _, backend) => {
    const size = util.sizeFromShape(x.shape);
    const chunks = Math.ceil(size / SUM_CHUNK);
    const mean = backend.makeOutput([], "float32");
    const partial = backend.makeOutput([chunks], "float32");
    const [from, to, result, memory] = addresses(backend, x, y, mean, partial);
    kernels.run("meanSquare", [from, to, result, size, memory, chunks], { operations: 3 * size });
    backend.disposeData(partial.dataId);
    return { mean };
  });
}

/** Below this many entries tfjs's kernels are fast enough. */
const worthwhile = 4096;

function specialize<Input extends string, Attributes extends object>(
  kernelName: string,
  special: SpecialCase<Input, Attributes>,
): void {
  replaceKernel<Input, Attributes>(kernelName, (call) => special(call) ?? call.original(call.inputs, call.attributes));
}

function binary(kernels: Kernels, operation: number): SpecialCase<"a" | "b", object> {
  return ({ inputs: { a, b }, backend }) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return undefined;
    const [long, short, turned] = repeats(a.shape, b.shape) ? [a, b, false] : [b, a, true];
    const size = util.sizeFromShape(long.shape);
    if (size < worthwhile || (turned && !repeats(b.shape, a.shape))) return undefined;
    const period = util.sizeFromShape(short.shape);
    const y = backend.makeOutput([...long.shape], "float32");
    // b - a if the operands were swapped.
    const code = turned && operation === 1 ? 2 : operation;
    kernels.run("binary", [code, ...addresses(backend, long, short, y), size, period], {
      scratch: 4 * (4 * period + 64),
      operations: 4 * size,
    });
    return y;
  };
}

/** Whether the shorter shape, without its leading ones, is the end of the longer one, which is then that of the result. */
function repeats(long: readonly number[], short: readonly number[]): boolean {
  if (short.length > long.length) return false;
  const first = short.findIndex((n) => n !== 1);
  const rest = first < 0 ? [] : short.slice(first);
  return rest.every((n, i) => n === long[long.length - rest.length + i]);
}

function sums(kernels: Kernels): SpecialCase<"x", { readonly axis: number | number[]; readonly keepDims: boolean }> {
  return ({ inputs: { x }, attributes: { axis, keepDims }, backend }) => {
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
    const chunks = Math.max(1, Math.min(reduced, Math.ceil(size / SUM_CHUNK), 256));
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

function transposes(kernels: Kernels): SpecialCase<"x", { readonly perm: readonly number[] }> {
  return ({ inputs: { x }, attributes: { perm }, backend }) => {
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

interface Slice {
  readonly begin: number | number[];
  readonly size: number | number[];
}

/** Contiguous slices. */
const slices: SpecialCase<"x", Slice> = ({ inputs: { x }, attributes: { begin, size }, backend }) => {
  if (x.dtype !== "float32" || x.shape.length === 0) return undefined;
  const [from, shape] = slice_util.parseSliceParams(x, begin, size);
  slice_util.assertParamsValid(x, from, shape);
  if (!slice_util.isSliceContinous(x.shape, from, shape)) return undefined;
  const y = backend.makeOutput(shape, "float32");
  const [source, target] = addresses(backend, x, y);
  const first = source + 4 * slice_util.computeFlatOffset(from, util.computeStrides(x.shape));
  backend.wasm.HEAPU8.copyWithin(target, first, first + 4 * util.sizeFromShape(shape));
  return y;
};
