/** A conv dictionary at kept points (specification: Dictionaries, Encoders, Activations), by way of dense maps. */
import type { Padding } from "../contracts/patches.ts";
import type { EnergyKind } from "../contracts/spectral-energies.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import {
  convCorrelateReference,
  convKernelGradientReference,
  convSynthesizeReference,
} from "./convolution-reference.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";
import { gatherReference, mapEnergiesReference, topKReference } from "./selection-reference.ts";

/** x `[B, ...N, C]`, kernels `[K, ...s, C]`, bias `[K]` to maps `[B K, |N|]`. */
function maps(x: ReferenceArray, kernels: ReferenceArray, bias: ReferenceArray, padding: Padding): ReferenceArray {
  const a = convCorrelateReference(x, kernels, padding);
  const points = sizeOf(x.shape.slice(1, -1));
  const [batch, concepts] = [x.shape[0], kernels.shape[0]];
  const rows = zeros([batch * concepts, points]);
  rows.values.forEach((_, i) => {
    const [row, n] = [Math.floor(i / points), i % points];
    const k = row % concepts;
    rows.values[i] = a.values[(Math.floor(row / concepts) * points + n) * concepts + k] + bias.values[k];
  });
  return rows;
}

export function convEnergiesReference(
  x: ReferenceArray,
  kernels: ReferenceArray,
  bias: ReferenceArray,
  attributes: { readonly padding: Padding; readonly kind: EnergyKind; readonly count?: number },
): ReferenceArray {
  const { padding, kind, count } = attributes;
  const { values } = mapEnergiesReference(maps(x, kernels, bias, padding), kind, count);
  return { ...zeros([x.shape[0], kernels.shape[0]]), values };
}

/** The largest points of each chosen map, rectified: values and positions `[B, k, count]`. */
export function encodeConvPointsReference(
  inputs: Readonly<Record<"x" | "kernels" | "bias" | "concepts", ReferenceArray>>,
  padding: Padding,
  count: number,
): { readonly values: ReferenceArray; readonly positions: ReferenceArray } {
  const { x, kernels, bias, concepts } = inputs;
  const chosen = chosenRows(maps(x, kernels, bias, padding), concepts, kernels.shape[0]);
  const positions = topKReference(chosen, count);
  const values = gatherReference(chosen, positions).values.map((value) => Math.max(value, 0));
  const shape = [...concepts.shape, count];
  return { values: { ...zeros(shape), values }, positions: { ...positions, shape } };
}

export function decodeConvPointsReference(
  inputs: Readonly<Record<"values" | "positions" | "concepts" | "kernels", ReferenceArray>>,
  grid: Grid,
  padding: Padding,
): ReferenceArray {
  const { values, positions, concepts, kernels } = inputs;
  return convSynthesizeReference(codes(values, positions, concepts, grid, kernels.shape[0]), kernels, padding);
}

export function sampleConvPointsReference(
  inputs: Readonly<Record<"x" | "kernels" | "positions" | "concepts", ReferenceArray>>,
  padding: Padding,
): ReferenceArray {
  const { x, kernels, positions, concepts } = inputs;
  const chosen = chosenRows(maps(x, kernels, zeros([kernels.shape[0]]), padding), concepts, kernels.shape[0]);
  const [batch, k, count] = positions.shape;
  const { values } = gatherReference(chosen, { ...positions, shape: [batch * k, count] });
  return { ...zeros(positions.shape), values };
}

export function accumulateConvPointsReference(
  inputs: Readonly<Record<"x" | "values" | "positions" | "concepts", ReferenceArray>>,
  size: Grid,
  conceptCount: number,
  padding: Padding,
): ReferenceArray {
  const { x, values, positions, concepts } = inputs;
  const z = codes(values, positions, concepts, x.shape.slice(1, -1), conceptCount);
  return convKernelGradientReference(x, z, size, padding);
}

/** Rows `[B K, n]` of the chosen concepts `[B, k]`: `[B k, n]`. */
function chosenRows(rows: ReferenceArray, concepts: ReferenceArray, conceptCount: number): ReferenceArray {
  const points = rows.shape[1];
  const chosen = zeros([concepts.values.length, points]);
  concepts.values.forEach((k, use) => {
    const row = Math.floor(use / concepts.shape[1]) * conceptCount + k;
    chosen.values.set(rows.values.subarray(row * points, (row + 1) * points), use * points);
  });
  return chosen;
}

/** Kept points as dense codes `[B, ...grid, K]`. */
function codes(
  values: ReferenceArray,
  positions: ReferenceArray,
  concepts: ReferenceArray,
  grid: Grid,
  conceptCount: number,
): ReferenceArray {
  const [batch, chosen, count] = values.shape;
  const z = zeros([batch, ...grid, conceptCount]);
  values.values.forEach((value, i) => {
    const use = Math.floor(i / count);
    const point = Math.floor(use / chosen) * sizeOf(grid) + positions.values[i];
    z.values[point * conceptCount + concepts.values[use]] += value;
  });
  return z;
}
