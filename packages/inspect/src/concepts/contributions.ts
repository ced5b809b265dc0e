/**
 * What concepts add to a reconstruction. The contribution of concept k to a sample is `d = s P D_k z_k`: what its part of the code synthesizes,
 * projected where the model is lifted, times the scale s of a normalization. Decoding is linear in the code (so are dictionaries and liftings by
 * contract), and a reconstruction is the sum of all contributions and a constant. Without one, the squared error rises by `2 <r, d> + |d|^2`, with
 * `r = x - x_hat`: exactly, and nothing is encoded again.
 *
 * Neither number needs d itself. `<r, d>` is a correlation (`alignments.ts`), and `|d|^2 = <D* s^2 D z, z>` is a sum over pairs of entries where
 * moving a map moves its contribution: what an impulse gives back at each distance is a table, made once.
 */
import { type Grid, sizeOf } from "@saeno/backend";
import type { Dictionary, SparseAutoencoder } from "@saeno/core";
import {
  mul,
  reshape,
  square,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { CodeTable } from "../codes/code-table.ts";
import { adjoint, alignments, correlatingAligner, spectralAligner } from "./alignments.ts";

/** Numbers of a table of impulses, and of functions formed at once, at most. */
const [mostImpulses, chunkEntries] = [2 ** 22, 2 ** 21];
/** What a synthesized point costs, in pairs of entries. */
const pairsForPoint = 8;
/** How contributions of one model are measured, on one grid. */
export interface ContributionMeter {
  /** @param values the samples of a table of codes, `[B, ...N, C]` flat. */
  measure(table: CodeTable, values: Float32Array): Promise<Contributions>;
  dispose(): void;
}

/** In the units of the data; norms of functions are means over the grid. */
export interface Contributions {
  /** By map of the table, how the squared error of its sample rises without it. */
  readonly costs: Float64Array;
  /** By sample, `|x - x_hat|^2`. */
  readonly errors: Float64Array;
}

/** The caller disposes of it. @param grid of the samples. */
export async function contributionMeter(model: SparseAutoencoder, grid: Grid): Promise<ContributionMeter> {
  const { dictionary, normalization } = model;
  const { channels } = dictionary;
  const scale = normalization?.scale;
  const scaled = (x: Tensor) => (scale === undefined ? x : mul(x, scale));
  const codeGrid = dictionary.codes === "scalar" ? [] : grid;
  const points = sizeOf(codeGrid);
  const impulses = await impulseTable(dictionary, grid, scaled);
  const aligner = spectralAligner(model, grid) ?? correlatingAligner(model, grid);

  return {
    dispose: () => aligner.dispose(),
    async measure(table, values) {
      const { concepts, maps } = table;
      const aligned = await alignments(aligner, table, values, [...grid, channels]);
      const costs = aligned.maps.map((product) => 2 * product);
      const rest: number[] = [];
      for (let map = 0; map < concepts.length; map++) {
        const entries = maps[map + 1] - maps[map];
        if (impulses === undefined || (entries * (entries + 1)) / 2 > pairsForPoint * points) rest.push(map);
        else costs[map] += pairEnergy(table, map, impulses, codeGrid);
      }
      const chunk = Math.max(1, Math.floor(chunkEntries / (sizeOf(grid) * channels)));
      for (let begin = 0; begin < rest.length; begin += chunk) {
        const some = rest.slice(begin, begin + chunk);
        const energies = await synthesizedEnergies(dictionary, table, some, grid, scaled);
        some.forEach((map, i) => {
          costs[map] += energies[i];
        });
      }
      return { costs, errors: aligned.errors };
    },
  };
}

/** Codes of one entry of one, at the origin, a sample for each of some concepts. Run inside a `tidy`. */
function impulsesOf({ conceptCount }: Dictionary, grid: Grid, begin: number, count: number) {
  return {
    kind: "sparse",
    concepts: tensor(
      Int32Array.from({ length: count }, (_, i) => begin + i),
      [count, 1],
      "int32",
    ) as Tensor2D,
    positions: tensor(new Int32Array(count), [count, 1, 1], "int32") as Tensor3D,
    values: tensor(new Float32Array(count).fill(1), [count, 1, 1]) as Tensor3D,
    grid,
    conceptCount,
  } as const;
}

/**
 * `D_k* s^2 D_k` of an impulse of concept k, by the distance from it: `[K, |N|]` flat, of scalar codes `[K]`. Nothing if a moved map does
 * something else, or the table would be large.
 */
async function impulseTable(
  dictionary: Dictionary,
  grid: Grid,
  scaled: (x: Tensor) => Tensor,
): Promise<Float32Array | undefined> {
  const { conceptCount, codes } = dictionary;
  const codeGrid = codes === "scalar" ? [] : grid;
  const points = sizeOf(codeGrid);
  const isTable = codes === "scalar" || dictionary.movesWithMaps === true;
  if (!isTable || conceptCount * points > mostImpulses) return undefined;
  const all = new Float32Array(conceptCount * points);
  const chunk = Math.max(1, Math.floor(chunkEntries / (sizeOf(grid) * Math.max(points / 64, dictionary.channels))));
  for (let begin = 0; begin < conceptCount; begin += chunk) {
    const count = Math.min(chunk, conceptCount - begin);
    const found = tidy(() => {
      const impulse = impulsesOf(dictionary, codeGrid, begin, count);
      const answer = scaled(scaled(dictionary.synthesize(impulse, grid)));
      const everywhere = Int32Array.from({ length: count * points }, (_, i) => i % points);
      const positions = tensor(everywhere, [count, 1, points], "int32") as Tensor3D;
      return adjoint(dictionary, answer).at(impulse.concepts, positions);
    });
    all.set(await found.data<"float32">(), begin * points);
    found.dispose();
  }
  return all;
}

/** `sum_ij z_i z_j A(p_i - p_j)`, a mean over the grid, of one map. */
function pairEnergy({ concepts, maps, positions, values }: CodeTable, map: number, table: Float32Array, grid: Grid) {
  const points = sizeOf(grid);
  const first = concepts[map] * points;
  let total = 0;
  for (let i = maps[map]; i < maps[map + 1]; i++) {
    let others = 0;
    for (let j = maps[map]; j < i; j++) {
      others += values[j] * table[first + distance(positions[i], positions[j], grid)];
    }
    total += values[i] * (values[i] * table[first] + 2 * others);
  }
  return total / points;
}

/** From one position to another around the torus, both flat, as a flat position. */
function distance(to: number, from: number, grid: Grid): number {
  let [flat, stride] = [0, 1];
  let [a, b] = [to, from];
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const size = grid[axis];
    const difference = (a % size) - (b % size);
    flat += stride * (difference < 0 ? difference + size : difference);
    stride *= size;
    a = Math.floor(a / size);
    b = Math.floor(b / size);
  }
  return flat;
}

/** `|d|^2` of some maps, each synthesized alone. */
async function synthesizedEnergies(
  dictionary: Dictionary,
  { concepts, maps, positions, values, conceptCount, grid: codeGrid }: CodeTable,
  chosen: readonly number[],
  grid: Grid,
  scaled: (x: Tensor) => Tensor,
): Promise<Float32Array> {
  const kept = chosen.reduce((most, map) => Math.max(most, maps[map + 1] - maps[map]), 1);
  const [where, numbers] = [new Int32Array(chosen.length * kept), new Float32Array(chosen.length * kept)];
  chosen.forEach((map, i) => {
    where.set(positions.subarray(maps[map], maps[map + 1]), i * kept);
    numbers.set(values.subarray(maps[map], maps[map + 1]), i * kept);
  });
  const energies = tidy(() => {
    const alone = {
      kind: "sparse",
      concepts: tensor(
        chosen.map((map) => concepts[map]),
        [chosen.length, 1],
        "int32",
      ) as Tensor2D,
      positions: tensor(where, [chosen.length, 1, kept], "int32") as Tensor3D,
      values: tensor(numbers, [chosen.length, 1, kept]) as Tensor3D,
      grid: codeGrid,
      conceptCount,
    } as const;
    const functions = reshape(scaled(dictionary.synthesize(alone, grid)), [chosen.length, -1]);
    return mul(sum(square(functions), 1), 1 / sizeOf(grid));
  });
  try {
    return await energies.data<"float32">();
  } finally {
    energies.dispose();
  }
}
