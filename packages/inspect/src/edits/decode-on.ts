import { type Codes, type SparseCodes, toDense } from "@saeno/activations";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { allModes, resample } from "@saeno/fft";
import { add, floorDiv, mul, scalar, sub, type Tensor, type Tensor3D, tidy, zeros } from "@tensorflow/tfjs-core";

/**
 * Codes decoded on any grid, `[B, ...grid, C]`. A code is a function (specification: Fourier coefficients): the frequencies of maps that the dictionary
 * keeps are synthesized on the other grid, and decoded there; a model with a band limit gives the same function on every grid. Kernels keep their number of
 * points, and cover less of the domain on a finer grid. On the grid of the codes it is `model.decode`. The caller disposes of the result.
 *
 * @throws SaenoError `decode.grid` for another number of axes than the codes have, or a grid for vectors; `decode.codes` for codes of another number of
 *   concepts; and the dictionary's own errors about a grid.
 */
export function decodeOn(model: SparseAutoencoder, codes: Codes, grid: Grid): Tensor {
  const { dictionary } = model;
  const own = codes.kind === "sparse" ? codes.grid : codes.values.shape.slice(1, -1);
  const conceptCount = codes.kind === "sparse" ? codes.conceptCount : codes.values.shape[codes.values.rank - 1];
  if (conceptCount !== dictionary.conceptCount) {
    throw new SaenoError(
      "decode.codes",
      `These are codes of ${conceptCount} concepts; the model has ${dictionary.conceptCount}. Decode them with the model that made them.`,
      { kind: "data" },
    );
  }
  if (dictionary.domain === "vectors" && grid.length > 0) {
    throw new SaenoError(
      "decode.grid",
      `${dictionary.label} decodes vectors, which have no grid; got ${grid.join(" x ")}.`,
    );
  }
  if (grid.some((points) => !Number.isInteger(points) || points < 1)) {
    throw new SaenoError(
      "decode.grid",
      `A grid has a positive number of points on each axis; got ${grid.join(" x ")}.`,
    );
  }
  if (dictionary.domain === "functions") dictionary.checkGrid(grid, { truncated: true });
  if (dictionary.codes === "scalar" || own.join() === grid.join()) return model.decode(codes, grid);
  if (own.length !== grid.length) {
    throw new SaenoError(
      "decode.grid",
      `These codes are on a grid of ${own.length} ${own.length === 1 ? "axis" : "axes"}, ${own.join(" x ")}; got ${grid.join(" x ")}.`,
    );
  }
  const limit = dictionary.bandLimit;
  // What either grid cannot hold is lost on the way.
  const modes = (limit?.(own) ?? allModes(own)).map((count, axis) =>
    Math.min(count, (limit?.(grid) ?? allModes(grid))[axis]),
  );
  return tidy(() => {
    const isFiner = grid.every((points, axis) => points % own[axis] === 0);
    if (codes.kind === "sparse" && limit !== undefined && isFiner) return model.decode(refined(codes, grid), grid);
    return model.decode({ kind: "dense", values: resample(toDense(codes), { grid, modes }) }, grid);
  });
}

/**
 * Sparse codes on a grid that has all their points. A kept point is a spike with a mass: on a finer grid as much higher as its cell is smaller, it has the same
 * coefficients at every frequency that is kept.
 */
function refined(codes: SparseCodes, grid: Grid): SparseCodes {
  const own = codes.grid;
  const whole = (value: number) => scalar(value, "int32");
  let positions: Tensor = zeros(codes.positions.shape, "int32");
  let [rest, stride]: [Tensor, number] = [codes.positions, 1];
  for (let axis = own.length - 1; axis >= 0; axis--) {
    const next = floorDiv(rest, whole(own[axis]));
    const place = sub(rest, mul(next, whole(own[axis])));
    positions = add(positions, mul(place, whole((grid[axis] / own[axis]) * stride)));
    stride *= grid[axis];
    rest = next;
  }
  return {
    ...codes,
    grid,
    positions: positions as Tensor3D,
    values: mul(codes.values, sizeOf(grid) / sizeOf(own)) as Tensor3D,
  };
}
