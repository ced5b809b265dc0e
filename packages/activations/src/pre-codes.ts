import {
  detach,
  type EnergyKind,
  type Grid,
  gatherMaps,
  gatherRows,
  largestPoints,
  mapEnergies,
  sizeOf,
  topKRows,
} from "@saeno/backend";
import {
  relu,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tile,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";

/** How the energies of maps are measured for the choice of concepts (specification: Activations). */
export interface EnergyOptions {
  readonly kind: EnergyKind;
  /**
   * Where maps given by a spectrum are evaluated: `g` times as many points as modes on each axis, at most those of the data,
   * or the data grid. Encoders that have no spectrum use the data grid.
   */
  readonly energyGrid: number | "data";
  /** For `kept`: how many points of a map domain sparsity keeps. */
  readonly count?: number;
}

/** Consecutive samples of a batch: `count` of them, the first at the index `from`. */
export interface SampleRange {
  readonly from: number;
  readonly count: number;
}

/** Those samples of a tensor `[B, ...]`; all of them where no range is given. */
export function samplesOf<T extends Tensor>(x: T, samples: SampleRange | undefined): T {
  if (samples === undefined || samples.count === x.shape[0]) return x;
  const rest = x.shape.slice(1);
  return slice(x, [samples.from, ...rest.map(() => 0)], [samples.count, ...rest]);
}

/**
 * What an encoder hands to an activation: an interface, not a tensor, so that an encoder need not form maps that the
 * activation drops. All results are owned by the caller; run inside a `tidy`.
 */
export interface PreCodes {
  readonly batch: number;
  /** The grid of the maps; `[]` for scalar codes. */
  readonly grid: Grid;
  readonly conceptCount: number;
  /** Points on each axis that resolve what maps can contain, whatever the grid: with a band limit, `2 m - 1`. Absent without one: then those of the grid. */
  readonly resolution?: Grid;
  /** The energy of each map, `[B, K]`. For selection: no gradient. */
  energies(options: EnergyOptions): Tensor2D;
  /** The maps of the chosen concepts only: `[B, k]` (int32) to `[B, k, |N|]`. */
  select(concepts: Tensor2D): Tensor3D;
  /** Values at some entries only: concepts `[B, k]`, positions `[B, k, s]` (int32) to `[B, k, s]`; the gradient costs what was asked for. */
  at(concepts: Tensor2D, positions: Tensor3D): Tensor3D;
  /** The `count` largest points of each chosen map, rectified, further apart than a separation if given (`separatePoints`): `[B, k, count]`. */
  points(
    concepts: Tensor2D,
    count: number,
    separation?: readonly number[],
  ): { readonly values: Tensor3D; readonly positions: Tensor3D };
  /**
   * The `k` largest scalar codes of each sample, rectified: concepts (int32, ascending) and values `[B, k]`; ties go to the lower index. Absent if codes
   * are maps.
   */
  readonly largest?: (k: number) => { readonly concepts: Tensor2D; readonly values: Tensor2D };
  /**
   * Pre-codes of some concepts only (int32, ascending), as if there were no others: concept i of the result is `concepts[i]`. If given, also of some samples
   * only (where each point has codes of its own, of some points). Costs what these cost.
   */
  among(concepts: Tensor1D, samples?: SampleRange): PreCodes;
  /** All of them, `[B, ...N, K]`, or `[B, K]`. An activation that does not know sparse codes uses this and is correct, only slower. */
  dense(): Tensor;
}

/** Pre-codes from a tensor: `[B, ...N, K]` or `[B, K]`. */
export function densePreCodes(a: Tensor): PreCodes {
  const batch = a.shape[0];
  const grid = a.shape.slice(1, -1);
  const conceptCount = a.shape[a.rank - 1];
  const points = sizeOf(grid);
  const maps = () => reshape(a, [batch, points, conceptCount]);

  function select(concepts: Tensor2D): Tensor3D {
    return gatherMaps({ maps: maps(), concepts }, {}).chosen as Tensor3D;
  }

  function largest(k: number): { concepts: Tensor2D; values: Tensor2D } {
    const rectified = relu(a);
    const { indices } = topKRows({ x: rectified }, { k });
    return { concepts: indices as Tensor2D, values: gatherRows({ x: rectified, indices }, {}).values as Tensor2D };
  }

  function among(concepts: Tensor1D, samples?: SampleRange): PreCodes {
    const some = samplesOf(a, samples);
    const rows = some.shape[0] * points;
    const indices = tile(reshape(concepts, [1, -1]), [rows, 1]);
    const { values } = gatherRows({ x: reshape(some, [rows, conceptCount]), indices }, {});
    return densePreCodes(reshape(values, [some.shape[0], ...grid, concepts.size]));
  }

  return {
    batch,
    grid,
    conceptCount,
    select,
    at: (concepts, positions) => entriesOf(a, concepts, positions),
    ...(grid.length === 0 ? { largest } : {}),
    among,
    energies({ kind, count }) {
      const rows = reshape(transpose(reshape(detach(a), [batch, points, conceptCount]), [0, 2, 1]), [-1, points]);
      const attributes = count === undefined ? { kind } : { kind, count };
      return reshape(mapEnergies({ maps: rows }, attributes).energies, [batch, conceptCount]);
    },
    points(concepts, count, separation) {
      const chosen = concepts.shape[1];
      const rows = reshape(select(concepts), [batch * chosen, points]);
      const indices = largestPoints(rows, { grid, count, ...(separation === undefined ? {} : { separation }) });
      const { values } = gatherRows({ x: rows, indices }, {});
      const shape: [number, number, number] = [batch, chosen, count];
      return { values: reshape(relu(values), shape), positions: reshape(indices, shape) };
    },
    dense: () => a.clone(),
  };
}

/** Entries of codes or pre-codes `[B, ...N, K]`: concepts `[B, k]`, positions `[B, k, s]` (int32) to `[B, k, s]`, differentiable. */
export function entriesOf(dense: Tensor, concepts: Tensor2D, positions: Tensor3D): Tensor3D {
  const [batch, chosen, kept] = positions.shape;
  const shape: [number, number, number] = [batch, chosen, kept];
  if (positions.size === 0) return zeros(shape);
  const conceptCount = dense.shape[dense.rank - 1];
  if (dense.rank === 2) return reshape(gatherRows({ x: dense, indices: concepts }, {}).values, shape);
  const maps = gatherMaps({ maps: reshape(dense, [batch, -1, conceptCount]), concepts }, {}).chosen;
  const rows = reshape(maps, [batch * chosen, -1]);
  return reshape(gatherRows({ x: rows, indices: reshape(positions, [batch * chosen, kept]) }, {}).values, shape);
}
