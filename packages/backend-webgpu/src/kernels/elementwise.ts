/** Pieces of losses and gradients that tfjs takes several dispatches for (the contracts meanSquaredDifference, scaledDifference, passPositive). */
import { meanSquaredDifference, passPositive, registerKernel, scaledDifference, sizeOf } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { partsOfSum, sums } from "./sums.ts";

export function registerElementwise(backend: GpuBackend): void {
  registerKernel(meanSquaredDifference, "webgpu", ({ x, y }) => {
    const n = sizeOf(x.shape);
    const parts = partsOfSum(n);
    const { squares } = runProgram(backend, {
      name: "meanSquaredDifference",
      inputs: { x, y },
      outputs: { squares: { shape: parts === 1 ? [] : [parts], dtype: "float32" } },
      sizes: { n, size: Math.ceil(n / parts) },
      factors: { scale: 1 / n },
      declarations: sumOfLanes,
      body: /* wgsl */ `
  let start = group * u.size;
  let end = min(start + u.size, u.n);
  var part = 0.0;
  for (var i = start + lane; i < end; i += 256u) { part += (x[i] - y[i]) * (x[i] - y[i]); }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { squares[group] = u.scale * total; }`,
      groups: parts,
    });
    if (parts === 1) return { mean: squares };
    const mean = sums(backend, squares, { shape: [], parts: 1, n: parts, scale: 1 });
    backend.disposeData(squares.dataId);
    return { mean };
  });

  registerKernel(scaledDifference, "webgpu", (inputs, { scale }) => ({
    difference: eachEntry(backend, "scaledDifference", inputs, inputs.x.shape, "u.scale * factor[0] * (x[i] - y[i])", {
      factors: { scale },
    }),
  }));

  registerKernel(passPositive, "webgpu", (inputs) => ({
    passed: eachEntry(
      backend,
      "passPositive",
      inputs,
      inputs.values.shape,
      "select(0.0, upstream[i], values[i] > 0.0)",
    ),
  }));
}

/** Floats of a shape, a thread for each: `value` at `i`. */
export function eachEntry(
  backend: GpuBackend,
  name: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  shape: number[],
  value: string,
  more: { readonly sizes?: Readonly<Record<string, number>>; readonly factors?: Readonly<Record<string, number>> } = {},
): TensorInfo {
  const entries = sizeOf(shape);
  return runProgram(backend, {
    name,
    inputs,
    outputs: { result: { shape, dtype: "float32" } },
    sizes: { entries, ...more.sizes },
    ...(more.factors && { factors: more.factors }),
    body: `${oneEntry} result[i] = ${value};`,
    groups: groupsFor(entries),
  }).result;
}
