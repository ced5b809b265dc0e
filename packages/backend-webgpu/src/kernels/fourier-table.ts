/** Cosines and sines of truncated transforms, made once for each grid and modes, and kept on the GPU. */
import { frequencies, type Grid, type Modes, transformWeights } from "@saeno/backend";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { GpuBackend } from "./program.ts";

/** For each axis a matrix of pairs `factor (cos, sin)`, a row for what goes in and a column for what comes out. */
export interface FourierTable {
  readonly table: TensorInfo;
  /** Where the matrix of each axis begins, in pairs. */
  readonly starts: readonly number[];
}

type Transform = "analysis" | "synthesis";

const kept = new WeakMap<GpuBackend, Map<string, FourierTable>>();

/**
 * The table of a transform, `exp(-2 pi i w n / N)` for analysis and its conjugate for synthesis, with the factors on coefficients
 * (`transformWeights`, and `1 / |N|` of analysis) in the last axis. Angles are reduced to `(w n mod N) / N` before the cosine is taken.
 */
export function fourierTable(
  backend: GpuBackend,
  transform: Transform,
  grid: Grid,
  modes: Modes,
  adjoint: boolean,
): FourierTable {
  const known = kept.get(backend) ?? new Map<string, FourierTable>();
  kept.set(backend, known);
  const key = `${transform} ${grid} ${modes} ${adjoint}`;
  let found = known.get(key);
  if (found === undefined) {
    found = makeTable(backend, transform, grid, modes, adjoint);
    known.set(key, found);
  }
  return found;
}

function makeTable(
  backend: GpuBackend,
  transform: Transform,
  grid: Grid,
  modes: Modes,
  adjoint: boolean,
): FourierTable {
  const points = grid.reduce((product, n) => product * n, 1);
  const [zeroth, others] = transformWeights(transform, adjoint, points);
  const mean = transform === "analysis" ? 1 / points : 1;
  const values: number[] = [];
  const starts = grid.map((size, axis) => {
    const start = values.length / 2;
    const all = frequencies(modes, axis);
    const isLast = axis === grid.length - 1;
    const push = (point: number, frequency: number) => {
      const factor = isLast ? mean * (frequency === 0 ? zeroth : others) : 1;
      const turns = (((frequency * point) % size) + size) % size;
      const angle = ((transform === "analysis" ? -2 : 2) * Math.PI * turns) / size;
      values.push(factor * Math.cos(angle), factor * Math.sin(angle));
    };
    const places = Array.from({ length: size }, (_, point) => point);
    if (transform === "analysis") for (const point of places) for (const w of all) push(point, w);
    else for (const w of all) for (const point of places) push(point, w);
    return start;
  });
  return { table: backend.makeTensorInfo([values.length], "float32", new Float32Array(values)), starts };
}
