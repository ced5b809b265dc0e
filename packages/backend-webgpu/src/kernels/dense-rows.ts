/** Products with chosen atoms of a dense dictionary: what is not chosen is not read, and nothing is gathered first. */
import { accumulateRows, decodeRows, dotRows, registerKernel, sizeOf, sumRows } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { eachEntry } from "./elementwise.ts";
import { sumMatches } from "./matches.ts";
import { product } from "./products.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { columnSums } from "./sums.ts";

export function registerDenseRows(backend: GpuBackend): void {
  registerKernel(decodeRows, "webgpu", (inputs) => {
    const [batch, chosen] = inputs.concepts.shape as [number, number];
    const size = inputs.atoms.shape[1] as number;
    return runProgram(backend, {
      name: "decodeRows",
      inputs,
      outputs: { x: { shape: [batch, size], dtype: "float32" } },
      sizes: { entries: batch * size, size, chosen },
      body: /* wgsl */ `${oneEntry}
  let sample = i / u.size;
  var sum = 0.0;
  for (var j = sample * u.chosen; j < (sample + 1u) * u.chosen; j++) {
    sum += values[j] * atoms[u32(concepts[j]) * u.size + i % u.size];
  }
  x[i] = sum;`,
      groups: groupsFor(batch * size),
    });
  });

  registerKernel(dotRows, "webgpu", (inputs) => {
    const { x, concepts, atoms } = inputs;
    const { shape } = concepts;
    const [, chosen] = shape as [number, number];
    const conceptCount = atoms.shape[0] as number;
    if (isMost(backend, concepts, conceptCount)) {
      const all = product(backend, { a: x, b: atoms }, { transposeA: false, transposeB: true });
      const entries = sizeOf(shape);
      const outputs = runProgram(backend, {
        name: "takeCodes",
        inputs: { codes: all, concepts },
        outputs: { values: { shape, dtype: "float32" } },
        sizes: { entries, chosen, conceptCount },
        body: /* wgsl */ `${oneEntry}
  values[i] = codes[i / u.chosen * u.conceptCount + u32(concepts[i])];`,
        groups: groupsFor(entries),
      });
      backend.disposeData(all.dataId);
      return outputs;
    }
    return runProgram(backend, {
      name: "dotRows",
      inputs,
      outputs: { values: { shape, dtype: "float32" } },
      sizes: { size: atoms.shape[1] as number, chosen },
      declarations: sumOfLanes,
      body: /* wgsl */ `
  let atom = u32(concepts[group]) * u.size;
  let sample = group / u.chosen * u.size;
  var part = 0.0;
  for (var i = lane; i < u.size; i += 256u) { part += x[sample + i] * atoms[atom + i]; }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { values[group] = total; }`,
      groups: sizeOf(shape),
    });
  });

  registerKernel(sumRows, "webgpu", ({ rows, weights }) => {
    const [n, size] = rows.shape as [number, number];
    return { sum: columnSums(backend, rows, { shape: [size], n, scale: 1, weights }) };
  });

  registerKernel(accumulateRows, "webgpu", (inputs, { conceptCount }) => {
    const { values, concepts, x } = inputs;
    if (isMost(backend, concepts, conceptCount)) {
      const codes = allCodes(backend, { values, concepts }, conceptCount);
      const atoms = product(backend, { a: codes, b: x }, { transposeA: true, transposeB: false });
      backend.disposeData(codes.dataId);
      return { atoms };
    }
    return sumMatches(backend, {
      name: "accumulateRows",
      inputs,
      outputs: ["atoms"],
      shape: [conceptCount, inputs.x.shape[1] as number],
      rows: conceptCount,
      choices: sizeOf(inputs.concepts.shape),
      sizes: { chosen: inputs.concepts.shape[1] as number },
      type: "f32",
      add: "sum += values[j] * x[j / u.chosen * u.size + i];",
      read: "atoms[at]",
      write: "atoms[at] = sum;",
    });
  });
}

/** Choices below which looking through them costs less than what is done for all concepts, and codes of all that are not too many to be held. */
const [fewestChoices, mostCodes] = [2 ** 16, 2 ** 26];

/** Whether so many concepts are chosen that codes of all of them cost less. */
export function isMost(backend: GpuBackend, concepts: TensorInfo, conceptCount: number): boolean {
  const [batch, chosen] = concepts.shape as [number, number];
  const held = Math.min(mostCodes, backend.device.limits.maxStorageBufferBindingSize / 4);
  return chosen * 16 > conceptCount && batch * chosen >= fewestChoices && batch * conceptCount <= held;
}

/** Chosen codes among zeros, `[B, K]`. In their product with samples, one that is not finite makes every row NaN, not only those of its concepts. */
export function allCodes(
  backend: GpuBackend,
  { values, concepts }: Readonly<Record<"values" | "concepts", TensorInfo>>,
  conceptCount: number,
): TensorInfo {
  const [batch, chosen] = concepts.shape as [number, number];
  const shape = [batch, conceptCount];
  const codes = eachEntry(backend, "zeros", {}, shape, "0.0");
  const entries = batch * chosen;
  runProgram(backend, {
    name: "placeCodes",
    inputs: { values, concepts },
    outputs: {},
    updates: { codes },
    sizes: { entries, chosen, conceptCount },
    body: /* wgsl */ `${oneEntry}
  codes[i / u.chosen * u.conceptCount + u32(concepts[i])] = values[i];`,
    groups: groupsFor(entries),
  });
  return codes;
}
