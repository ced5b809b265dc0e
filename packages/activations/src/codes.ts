import { type Grid, scatterMaps, scatterRows, sizeOf } from "@saeno/backend";
import { reshape, type Tensor, type Tensor2D, type Tensor3D, tidy } from "@tensorflow/tfjs-core";

/** Codes as one tensor: `[B, ...N, K]`, or `[B, K]` if there is no grid. */
export interface DenseCodes {
  readonly kind: "dense";
  readonly values: Tensor;
  /** Whether entries that are zero need no gradient, so that a dictionary may leave them out. Default false. */
  readonly zerosAreConstant?: boolean;
}

/**
 * Only the codes that were kept: for each sample, its chosen concepts, and for each concept, the kept points of its map. Scalar codes are maps of one
 * point, at position 0.
 */
export interface SparseCodes {
  readonly kind: "sparse";
  /** `[B, k]`, int32, ascending. */
  readonly concepts: Tensor2D;
  /** `[B, k, s]`, int32, flat and row-major on the grid, ascending. */
  readonly positions: Tensor3D;
  /** `[B, k, s]`. A kept value may be zero, which means that nothing is active there. */
  readonly values: Tensor3D;
  readonly grid: Grid;
  readonly conceptCount: number;
}

/** What an activation returns. Dictionaries decode either form. */
export type Codes = DenseCodes | SparseCodes;

/** The codes as one tensor `[B, ...N, K]` (`[B, K]` without a grid), differentiable. The caller disposes of it. */
export function toDense(codes: Codes): Tensor {
  if (codes.kind === "dense") return codes.values.clone();
  const { concepts, positions, values, grid, conceptCount } = codes;
  const [batch, chosen, kept] = values.shape;
  return tidy(() => {
    const points = sizeOf(grid);
    const flat = {
      values: reshape(values, [batch * chosen, kept]),
      indices: reshape(positions, [batch * chosen, kept]),
    };
    const rows = scatterRows(flat, { size: points }).x;
    const { maps } = scatterMaps({ chosen: reshape(rows, [batch, chosen, points]), concepts }, { conceptCount });
    return reshape(maps, [batch, ...grid, conceptCount]);
  });
}

export function disposeCodes(codes: Codes): void {
  if (codes.kind === "dense") {
    codes.values.dispose();
  } else {
    codes.concepts.dispose();
    codes.positions.dispose();
    codes.values.dispose();
  }
}
