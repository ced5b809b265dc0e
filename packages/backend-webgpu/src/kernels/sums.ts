/**
 * Sums and means of many entries into few: tfjs gives each sum to one workgroup, and all others of the GPU wait for it; and over the first axes, for
 * which it transposes.
 */
import { sizeOf } from "@saeno/backend";
import { type TensorInfo, util } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../repaired-kernels.ts";
import { type GpuBackend, runProgram, sumOfLanes } from "./program.ts";

/** Sums of at least so many entries are shared among workgroups, where there are at most so many sums. */
const [fewest, mostSums] = [4096, 64];

/** Entries of a workgroup, and workgroups of a sum, at most. */
const [share, mostParts] = [4096, 256];

/** Workgroups that share a sum of so many entries. */
export function partsOfSum(entries: number): number {
  return Math.max(1, Math.min(mostParts, Math.ceil(entries / share)));
}

export function registerSums(backend: GpuBackend): void {
  for (const kernelName of ["Sum", "Mean"]) {
    replaceKernel(kernelName, ({ x }, attributes, original) => {
      const { axis, keepDims } = attributes as { readonly axis: number | number[]; readonly keepDims: boolean };
      const axes = util.parseAxisParam(axis, x.shape);
      const rank = x.shape.length;
      const last = axes.every((each) => each >= rank - axes.length);
      const n = sizeOf(axes.map((each) => x.shape[each] as number));
      const rows = sizeOf(x.shape) / n;
      if (axes.every((each) => each < axes.length) && x.dtype === "float32" && n > 0 && rows > 0 && !last) {
        const shape = x.shape.slice(axes.length);
        if (keepDims) shape.unshift(...axes.map(() => 1));
        return columnSums(backend, x, { shape, n, scale: kernelName === "Mean" ? 1 / n : 1 });
      }
      if (!last || x.dtype !== "float32" || n < fewest || rows > mostSums) return original();
      const shape = x.shape.slice(0, rank - axes.length);
      if (keepDims) shape.push(...axes.map(() => 1));
      const parts = partsOfSum(n);
      const partial = sums(backend, x, { shape: [rows, parts], parts, n, scale: 1 });
      const total = sums(backend, partial, { shape, parts: 1, n: parts, scale: kernelName === "Mean" ? 1 / n : 1 });
      backend.disposeData(partial.dataId);
      return total;
    });
  }
}

/** Of rows of `n` entries in `parts` parts each, times `scale`. */
export function sums(
  backend: GpuBackend,
  x: TensorInfo,
  { shape, parts, n, scale }: { shape: number[]; parts: number; n: number; scale: number },
): TensorInfo {
  return runProgram(backend, {
    name: "sums",
    inputs: { x },
    outputs: { sums: { shape, dtype: "float32" } },
    sizes: { n, parts, size: Math.ceil(n / parts) },
    factors: { scale },
    declarations: sumOfLanes,
    body: /* wgsl */ `
  let row = group / u.parts * u.n;
  let start = group % u.parts * u.size;
  let end = min(start + u.size, u.n);
  var part = 0.0;
  for (var i = start + lane; i < end; i += 256u) { part += x[row + i]; }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { sums[group] = u.scale * total; }`,
    groups: sizeOf(shape),
  }).sums;
}

/**
 * Over the first axes, with a weight for each row (`weights`, `[n]`) if given: x `[n, m]` to `[m]`. A workgroup takes up to sixteen neighboring columns and a
 * part of the rows; where there are several parts, a second dispatch adds them.
 */
export function columnSums(
  backend: GpuBackend,
  x: TensorInfo,
  { shape, n, scale, weights }: { shape: number[]; n: number; scale: number; weights?: TensorInfo },
): TensorInfo {
  const columns = sizeOf(shape);
  const together = Math.min(16, 2 ** Math.ceil(Math.log2(columns)));
  const tiles = Math.ceil(columns / together);
  const parts = Math.max(1, Math.min(Math.ceil(mostParts / tiles), Math.ceil((n * together) / share)));
  const { result } = runProgram(backend, {
    name: `columnSums ${together} ${weights !== undefined}`,
    inputs: { x, ...(weights && { weights }) },
    outputs: { result: { shape: parts === 1 ? shape : [parts, ...shape], dtype: "float32" } },
    sizes: { n, m: columns, tiles, size: Math.ceil(n / parts) },
    factors: { scale },
    declarations: "var<workgroup> sums: array<f32, 256>;",
    body: /* wgsl */ `
  let column = group % u.tiles * ${together}u + lane % ${together}u;
  let start = group / u.tiles * u.size;
  let end = min(start + u.size, u.n);
  var part = 0.0;
  if (column < u.m) {
    for (var row = start + lane / ${together}u; row < end; row += ${256 / together}u) {
      part += ${weights ? "weights[row] * " : ""}x[row * u.m + column];
    }
  }
  sums[lane] = part;
  workgroupBarrier();
  for (var half = 128u; half >= ${together}u; half >>= 1u) {
    if (lane < half) { sums[lane] += sums[lane + half]; }
    workgroupBarrier();
  }
  if (lane < ${together}u && column < u.m) { result[group / u.tiles * u.m + column] = u.scale * sums[lane]; }`,
    groups: tiles * parts,
  });
  if (parts === 1) return result;
  const total = columnSums(backend, result, { shape, n: parts, scale: 1 });
  backend.disposeData(result.dataId);
  return total;
}
