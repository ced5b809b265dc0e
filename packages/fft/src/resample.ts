import type { Grid, Modes } from "@saeno/backend";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { analyze } from "./analyze.ts";
import { allModes } from "./check-modes.ts";
import { synthesize } from "./synthesize.ts";

/**
 * The same functions on another grid, by Fourier interpolation (specification: Fourier coefficients), differentiable: x `[B, ...N, C]` to `[B, ...grid, C]`.
 * Exact for functions whose frequencies both grids hold; whatever the coarser one cannot hold, the Nyquist frequency included, is dropped.
 * The caller disposes of the result.
 *
 * @param options.modes keep fewer frequencies than both grids hold (a low-pass filter).
 * @throws SaenoError as `analyze` and `synthesize`.
 */
export function resample(x: Tensor, options: { readonly grid: Grid; readonly modes?: Modes }): Tensor {
  const source = allModes(x.shape.slice(1, -1));
  const target = allModes(options.grid);
  const modes = options.modes ?? source.map((m, axis) => Math.min(m, target[axis] ?? m));
  return tidy(() => synthesize(analyze(x, { modes }), { grid: options.grid }));
}
