import { createRandom, type Grid, packTheta, SaenoError, sizeOf } from "@saeno/backend";
import { isLifted, type SparseAutoencoder, unitRows } from "@saeno/core";
import type { KnownDictionary, OpenedData } from "@saeno/datasets";
import { analyze, type Modes } from "@saeno/fft";
import { add, mul, type Tensor, tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import type { RunConfig } from "../configuration/run-config.ts";
import { kernelsOnGrid } from "./kernels-on-grid.ts";
import { spectralModes } from "./spectral-modes.ts";

/**
 * The dictionary that data was made from, for a run that starts near it.
 *
 * @throws SaenoError `config.value` where the data has none, or the model's dictionary is not of its shape.
 */
export function knownStart(config: RunConfig, source: OpenedData): KnownDictionary {
  const { truth } = source.train;
  if (truth === undefined) {
    throw startError(
      `needs data whose dictionary is known: sparse-vectors for --model mlp, sparse-functions for fno and cnn; got ${config.data} for ${config.model}`,
    );
  }
  if (config.dictionary !== undefined) throw startError("goes with a dictionary of --model, not with one of its own");
  const [concepts, ...sizes] = truth.shape as [number, ...number[]];
  if (config.concepts !== concepts) {
    throw startError(`starts at all ${concepts} concepts of ${config.data}; got --concepts ${config.concepts}`);
  }
  const kernel = sizes.slice(0, -1).join("x");
  const given = config.kernel ?? [7];
  if (config.model === "cnn" && sizes.slice(0, -1).some((size, axis) => size !== (given[axis] ?? given[0]))) {
    throw startError(`starts at the kernels of ${config.data}, ${kernel}; got --kernel ${given.join("x")}`);
  }
  return truth;
}

/**
 * Moves a model's dictionary to a known one plus Gaussian noise of a share of each atom's norm, of unit norm again; an encoder with
 * weights of its own starts there too. Rows of a lifted model are those lifted, of unit norm. Spectra are `sqrt(|N|) analysis(kernel)`, of unit
 * norm as functions where the modes hold all of the kernel; next to kernels (specification: Propositions 3: `|N| analysis(kernel)`) codes are `sqrt(|N|)` times as large, and
 * a step of gradient descent is the same at the same rate.
 */
export function startNearTruth(config: RunConfig, model: SparseAutoencoder, truth: KnownDictionary, grid: Grid): void {
  const { dictionary } = model;
  const normals = createRandom(config.seed).split("start-noise").normals(truth.values.length);
  tidy(() => {
    const atoms = tensor(truth.values, [...truth.shape]);
    const rowSize = atoms.size / atoms.shape[0];
    const noise = mul(tensor(normals, atoms.shape), (config.startNoise ?? 0) / Math.sqrt(rowSize));
    const near = unitRows(add(atoms, noise));
    const rows = isLifted(dictionary) ? unitRows(dictionary.lifting.lift(near)) : near;
    const modes = spectralModes(dictionary);
    const start = modes === undefined ? rows : spectraOf(rows, grid, modes);
    for (const { role, variable } of model.parameters())
      if (role === "atoms" || role === "encoder atoms") variable.assign(start);
  });
}

/** Centered kernels `[K, ...s, C]` as theta `[K, 2, C, ...M]` of the spectra that they have on a grid, times `sqrt(|N|)`. */
function spectraOf(kernels: Tensor, grid: Grid, modes: Modes): Tensor {
  const { re, im } = analyze(kernelsOnGrid(kernels, grid), { modes });
  const roots = tensor(
    Float32Array.from({ length: modes.at(-1) as number }, (_, w) => Math.sqrt(sizeOf(grid) * (w === 0 ? 1 : 2))),
  );
  const part = (x: Tensor) => mul(transpose(x, [0, x.rank - 1, ...modes.map((_, axis) => axis + 1)]), roots);
  return packTheta({ re: part(re), im: part(im) });
}

function startError(problem: string): SaenoError {
  return new SaenoError("config.value", `--start-noise ${problem}.`);
}
