/** Sums and means of many entries into few: tfjs gives each sum to one workgroup, and all others of the GPU wait for it. */
import { sizeOf } from "@saeno/backend";
import { getKernel, registerKernel, type TensorInfo, unregisterKernel, util } from "@tensorflow/tfjs-core";
import { type GpuBackend, runProgram, sumOfLanes } from "./program.ts";

/** Sums of at least so many entries are shared among workgroups, where there are at most so many sums. */
const [fewest, mostSums] = [4096, 64];

/** Entries of a workgroup, and workgroups of a sum, at most. */
const [share, mostParts] = [4096, 256];

export function registerSums(backend: GpuBackend): void {
  for (const kernelName of ["Sum", "Mean"]) {
    const config = getKernel(kernelName, "webgpu");
    unregisterKernel(kernelName, "webgpu");
    registerKernel({
      ...config,
      kernelFunc(call) {
        const x = call.inputs.x as TensorInfo;
        const { axis, keepDims } = call.attrs as unknown as {
          readonly axis: number | number[];
          readonly keepDims: boolean;
        };
        const axes = util.parseAxisParam(axis, x.shape);
        const rank = x.shape.length;
        const last = axes.every((each) => each >= rank - axes.length);
        const n = sizeOf(axes.map((each) => x.shape[each] as number));
        const rows = sizeOf(x.shape) / n;
        if (!last || x.dtype !== "float32" || n < fewest || rows > mostSums) return config.kernelFunc(call);
        const shape = x.shape.slice(0, rank - axes.length);
        if (keepDims) shape.push(...axes.map(() => 1));
        const parts = Math.min(mostParts, Math.ceil(n / share));
        const partial = sums(backend, x, { shape: [rows, parts], parts, n, scale: 1 });
        const total = sums(backend, partial, { shape, parts: 1, n: parts, scale: kernelName === "Mean" ? 1 / n : 1 });
        backend.disposeData(partial.dataId);
        return total;
      },
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
