import {
  add,
  gather,
  matMul,
  relu,
  reshape,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { sumChosen } from "./chosen.ts";
import { patchesOf } from "./convolution.ts";
import { scatterMaps } from "./maps.ts";
import { passPositive } from "./pass-positive.ts";
import { fold, type Padding } from "./patches.ts";
import { gatherRows, scatterRows } from "./rows.ts";
import { topKRows } from "./top-k-rows.ts";

/**
 * The kept points of the chosen maps of a conv encoder, in one operation, so that no gradient of a dense map is ever formed
 * (specification: Encoders, Activations): for each sample and chosen concept the `count` largest points of the map `E_k* x + b_k`, their values rectified.
 * A map with fewer positive points is filled up with its next largest ones, at the value zero. Ties are broken by the lower index.
 *
 * x `[B, ...N, C]`, kernels `[K, ...s, C]`, bias `[K]`, concepts `[B, k]` (int32) to values, positions `[B, k, count]`; positions
 * ascending. Cost: 2 B k |N| |s| C operations, its gradient 2 B k count |s| C each for x and kernels.
 *
 * @throws SaenoError `data.nan` when a chosen map holds NaN.
 */
export const encodeConvPoints: Contract<
  "x" | "kernels" | "bias" | "concepts",
  "values" | "positions",
  { readonly padding: Padding; readonly count: number }
> = defineContract({
  name: "SaenoEncodeConvPoints",
  inputs: ["x", "kernels", "bias", "concepts"],
  outputs: ["values", "positions"],
  composite({ x, kernels, bias, concepts }, { padding, count }) {
    const [batch, chosen] = concepts.shape as [number, number];
    const shape = [batch, chosen, count];
    if (concepts.size === 0) return { values: zeros(shape), positions: zeros(shape, "int32") };
    const shift = reshape(gather(bias, reshape(concepts, [-1]) as Tensor1D), [batch, chosen, 1]);
    const maps = reshape(add(chosenMaps(x, kernels, concepts, padding), shift), [batch * chosen, -1]);
    const { indices } = topKRows({ x: maps }, { k: count });
    const { values } = gatherRows({ x: maps, indices }, {});
    return { values: reshape(relu(values), shape), positions: reshape(indices, shape) };
  },
  gradient: {
    saves: ["x", "kernels", "bias", "concepts", "values", "positions"],
    backward(upstream, { x, kernels, bias, concepts, values: kept, positions }, { padding }) {
      const conceptCount = bias.shape[0];
      const values = passPositive({ upstream: upstream.values, values: kept }, {}).passed;
      const attributes = { grid: x.shape.slice(1, -1), padding };
      const sizes = { size: kernels.shape.slice(1, -1), conceptCount, padding };
      return {
        x: () => decodeConvPoints({ values, positions, concepts, kernels }, attributes).x,
        kernels: () => accumulateConvPoints({ x, values, positions, concepts }, sizes).kernels,
        bias: () => sumChosen({ values: sum(values, 2), concepts }, { conceptCount }).sums,
      };
    },
  },
});

/**
 * Synthesis from kept points: values, positions (int32, flat on the grid) `[B, k, s]`, distinct concepts `[B, k]` (int32), kernels
 * `[K, ...s, C]` to x `[B, ...grid, C]`, `x[n] = sum_(j, i) v_ji d_(c_j)[n - p_ji]` (specification: Dictionaries). Cost: 2 B k s |s| C operations.
 */
export const decodeConvPoints: Contract<
  "values" | "positions" | "concepts" | "kernels",
  "x",
  { readonly grid: Grid; readonly padding: Padding }
> = defineContract({
  name: "SaenoDecodeConvPoints",
  inputs: ["values", "positions", "concepts", "kernels"],
  outputs: ["x"],
  composite({ values, positions, concepts, kernels }, { grid, padding }) {
    const batch = concepts.shape[0];
    const size = kernels.shape.slice(1, -1);
    const channels = kernels.shape[kernels.rank - 1];
    const shape = [batch, ...grid, channels];
    if (values.size === 0) return { x: zeros(shape) };
    const maps = scatteredMaps(values, positions, sizeOf(grid));
    const patches = matMul(maps, chosenKernels(kernels, concepts), true, false);
    const { x } = fold({ patches: reshape(patches, [batch * sizeOf(grid), -1]) }, { grid, size, padding, channels });
    return { x: reshape(x, shape) };
  },
  gradient: {
    saves: ["values", "positions", "concepts", "kernels"],
    backward({ x }, { values, positions, concepts, kernels }, { padding }) {
      const attributes = { size: kernels.shape.slice(1, -1), conceptCount: kernels.shape[0], padding };
      return {
        values: () => sampleConvPoints({ x, kernels, positions, concepts }, { padding }).values,
        kernels: () => accumulateConvPoints({ x, values, positions, concepts }, attributes).kernels,
      };
    },
  },
});

/**
 * The maps of chosen concepts at given points: x `[B, ...N, C]`, kernels `[K, ...s, C]`, positions `[B, k, s]`, concepts `[B, k]` (int32)
 * to values `[B, k, s]`, `v_ji = sum_c sum_t d_(c_j)[t, c] x[p_ji + t, c]`. Adjoint of {@link decodeConvPoints}.
 * Cost: 2 B k s |s| C operations.
 */
export const sampleConvPoints: Contract<
  "x" | "kernels" | "positions" | "concepts",
  "values",
  { readonly padding: Padding }
> = defineContract({
  name: "SaenoSampleConvPoints",
  inputs: ["x", "kernels", "positions", "concepts"],
  outputs: ["values"],
  composite({ x, kernels, positions, concepts }, { padding }) {
    if (positions.size === 0) return { values: zeros(positions.shape) };
    const [batch, chosen, count] = positions.shape as [number, number, number];
    const maps = reshape(chosenMaps(x, kernels, concepts, padding), [batch * chosen, -1]);
    const { values } = gatherRows({ x: maps, indices: reshape(positions, [batch * chosen, count]) }, {});
    return { values: reshape(values, positions.shape) };
  },
  gradient: {
    saves: ["x", "kernels", "positions", "concepts"],
    backward({ values }, { x, kernels, positions, concepts }, { padding }) {
      const sizes = { size: kernels.shape.slice(1, -1), conceptCount: kernels.shape[0], padding };
      const attributes = { grid: x.shape.slice(1, -1), padding };
      return {
        x: () => decodeConvPoints({ values, positions, concepts, kernels }, attributes).x,
        kernels: () => accumulateConvPoints({ x, values, positions, concepts }, sizes).kernels,
      };
    },
  },
});

/**
 * The gradient of all of these with respect to the kernels: x `[B, ...N, C]`, values, positions `[B, k, s]`, distinct concepts `[B, k]` to kernels
 * `[conceptCount, ...size, C]`, for each concept the sum of `v_ji x[p_ji + t, c]` over the points that chose it; zeros if none did.
 * Cost: 2 B k s |s| C operations.
 */
export const accumulateConvPoints: Contract<
  "x" | "values" | "positions" | "concepts",
  "kernels",
  { readonly size: Grid; readonly conceptCount: number; readonly padding: Padding }
> = defineContract({
  name: "SaenoAccumulateConvPoints",
  inputs: ["x", "values", "positions", "concepts"],
  outputs: ["kernels"],
  composite({ x, values, positions, concepts }, { size, conceptCount, padding }) {
    const shape = [conceptCount, ...size, x.shape[x.rank - 1]];
    if (values.size === 0) return { kernels: zeros(shape) };
    const maps = scatteredMaps(values, positions, sizeOf(x.shape.slice(1, -1)));
    const products = matMul(maps, batchedPatches(x, size, padding));
    const byConcept = scatterMaps({ chosen: products, concepts }, { conceptCount }).maps;
    return { kernels: reshape(transpose(sum(byConcept, 0)), shape) };
  },
});

/** The maps of the chosen concepts, `[B, k, |N|]`. */
function chosenMaps(x: Tensor, kernels: Tensor, concepts: Tensor, padding: Padding): Tensor3D {
  const patches = batchedPatches(x, kernels.shape.slice(1, -1), padding);
  return matMul(chosenKernels(kernels, concepts), patches, false, true);
}

/** Every patch under a kernel, `[B, |N|, |s| C]`. */
function batchedPatches(x: Tensor, size: Grid, padding: Padding): Tensor3D {
  const points = sizeOf(x.shape.slice(1, -1));
  return reshape(patchesOf(x, size, padding), [x.shape[0], points, -1]);
}

/** The kernels of the chosen concepts as rows, `[B, k, |s| C]`. */
function chosenKernels(kernels: Tensor, concepts: Tensor): Tensor3D {
  const rows = reshape(kernels, [kernels.shape[0], -1]);
  return reshape(gather(rows, reshape(concepts, [-1]) as Tensor1D), [...(concepts.shape as [number, number]), -1]);
}

/** Values placed at their positions in maps of zeros, `[B, k, |N|]`. */
function scatteredMaps(values: Tensor, positions: Tensor, points: number): Tensor3D {
  const [batch, chosen, count] = values.shape as [number, number, number];
  const rows = [batch * chosen, count];
  const { x } = scatterRows({ values: reshape(values, rows), indices: reshape(positions, rows) }, { size: points });
  return reshape(x, [batch, chosen, points]);
}
