/**
 * Chosen entries of rows and chosen maps, and their adjoints (the contracts gatherRows, scatterRows, gatherMaps, scatterMaps), and consecutive rows (tfjs's
 * `Slice`): a thread for each entry.
 */
import { gatherMaps, gatherRows, registerKernel, scatterMaps, scatterRows, sizeOf } from "@saeno/backend";
import { slice_util } from "@tensorflow/tfjs-core";
import { replaceKernel } from "../repaired-kernels.ts";
import { eachEntry } from "./elementwise.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";

export function registerGather(backend: GpuBackend): void {
  registerKernel(gatherRows, "webgpu", (inputs) => {
    const { shape } = inputs.indices;
    const entries = sizeOf(shape);
    return runProgram(backend, {
      name: "gatherRows",
      inputs,
      outputs: { values: { shape, dtype: "float32" } },
      sizes: { entries, k: shape[1] as number, n: inputs.x.shape[1] as number },
      body: /* wgsl */ `${oneEntry}
  values[i] = x[i / u.k * u.n + u32(indices[i])];`,
      groups: groupsFor(entries),
    });
  });

  registerKernel(scatterRows, "webgpu", (inputs, { size }) => {
    const [rows, k] = inputs.indices.shape as [number, number];
    const entries = rows * size;
    return runProgram(backend, {
      name: "scatterRows",
      inputs,
      outputs: { x: { shape: [rows, size], dtype: "float32" } },
      sizes: { entries, k, n: size },
      body: /* wgsl */ `${oneEntry}
  let row = i / u.n * u.k;
  var sum = 0.0;
  for (var j = row; j < row + u.k; j++) { sum += select(0.0, values[j], u32(indices[j]) == i % u.n); }
  x[i] = sum;`,
      groups: groupsFor(entries),
    });
  });

  registerKernel(gatherMaps, "webgpu", (inputs) => {
    const [batch, n, size] = inputs.maps.shape as [number, number, number];
    const k = inputs.concepts.shape[1] as number;
    const entries = batch * k * n;
    return runProgram(backend, {
      name: "gatherMaps",
      inputs,
      outputs: { chosen: { shape: [batch, k, n], dtype: "float32" } },
      sizes: { entries, n, k, size },
      body: /* wgsl */ `${oneEntry}
  let row = i / u.n;
  chosen[i] = maps[(row / u.k * u.n + i % u.n) * u.size + u32(concepts[row])];`,
      groups: groupsFor(entries),
    });
  });

  registerKernel(scatterMaps, "webgpu", (inputs, { conceptCount }) => {
    const [batch, k, n] = inputs.chosen.shape as [number, number, number];
    const entries = batch * n * conceptCount;
    return runProgram(backend, {
      name: "scatterMaps",
      inputs,
      outputs: { maps: { shape: [batch, n, conceptCount], dtype: "float32" } },
      sizes: { entries, n, k, size: conceptCount },
      body: /* wgsl */ `${oneEntry}
  let point = i / u.size;
  let row = point / u.n * u.k;
  var sum = 0.0;
  for (var j = row; j < row + u.k; j++) {
    if (u32(concepts[j]) == i % u.size) { sum += chosen[j * u.n + point % u.n]; }
  }
  maps[i] = sum;`,
      groups: groupsFor(entries),
    });
  });

  replaceKernel("Slice", ({ x }, attributes, original) => {
    if (x?.dtype !== "float32" || !backend.tensorMap.get(x.dataId).resource) return original();
    const { begin, size } = attributes as { readonly begin: number | number[]; readonly size: number | number[] };
    const [[first = 0], sizes] = slice_util.parseSliceParams(x, begin, size);
    const [[length = 0, ...row], [count = 0, ...whole]] = [x.shape, sizes];
    const areRows = row.every((size, axis) => size === whole[axis]);
    // Which also refuses what is out of range.
    if (!areRows || sizeOf(sizes) === 0 || first + count > length) return original();
    const start = first * sizeOf(row);
    return eachEntry(backend, "rows", { x }, sizes, "x[u.start + i]", { sizes: { start } });
  });
}
