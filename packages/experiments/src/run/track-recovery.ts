import { SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { KnownDictionary, OpenedData } from "@saeno/datasets";
import { allModes, analyze, synthesize } from "@saeno/fft";
import { type Recovery as Matched, recoveryError } from "@saeno/metrics";
import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import type { RunConfig } from "../configuration/run-config.ts";
import { kernelsOnGrid } from "../model/kernels-on-grid.ts";

/** How well a run found the dictionary that its data was made from: means of `sqrt(1 - cos^2)` over matched concepts (specification: Metrics). */
export interface Recovery {
  /** From step 0, before the first. */
  readonly curve: readonly { readonly step: number; readonly error: number }[];
  readonly start: number;
  /** At the end. */
  readonly error: number;
  /** Share of the true concepts with |cos| > 0.9 at the end. */
  readonly recovered: number;
}

export interface RecoveryTracker {
  /** The error after a step, where it is one to measure at. */
  after(step: number): number | undefined;
  /** Everything measured, and the error after the last step, whatever it is. */
  finish(step: number): Recovery;
  dispose(): void;
}

/**
 * Measures how close a model in training is to the dictionary that its data was made from: now, every `recoveryEvery` steps and at the
 * end. Kernels that start near the truth are compared as they are, all other functions on the data's grid, spectra below its Nyquist
 * frequency; functions that start anywhere, at their best shift. Nothing for data whose dictionary is not known.
 *
 * @throws SaenoError `config.value` for `recoveryEvery` with such data.
 */
export function trackRecovery(
  config: RunConfig,
  model: SparseAutoencoder,
  source: OpenedData,
): RecoveryTracker | undefined {
  const known = source.train.truth;
  if (known === undefined) {
    if (config.recoveryEvery === undefined) return undefined;
    throw new SaenoError(
      "config.value",
      "--recovery-every has no effect here: it goes with --data whose dictionary is known, sparse-vectors for --model mlp, sparse-functions for fno and cnn.",
    );
  }
  const { dictionary } = model;
  const near = config.startNoise !== undefined;
  const grid = (near && dictionary.kind === "conv") || source.train.grid.length === 0 ? undefined : source.train.grid;
  const truth = tidy(() => truthOf(known, grid, dictionary.kind));
  const shifts = grid !== undefined && !near;
  // A best shift of all pairs takes seconds on fine grids.
  const every = config.recoveryEvery ?? (shifts ? config.steps : Math.ceil(config.steps / 20));
  const measure = (): Matched => {
    const atoms = dictionary.atoms(grid === undefined ? {} : { grid, origin: "corner" });
    try {
      return recoveryError(truth, atoms, { shifts });
    } finally {
      atoms.dispose();
    }
  };
  let last = measure();
  const curve = [{ step: 0, error: last.mean }];
  const add = (step: number) => {
    last = measure();
    curve.push({ step, error: last.mean });
    return last.mean;
  };
  return {
    after: (step) => (step % every === 0 || step === config.steps ? add(step) : undefined),
    finish(step) {
      if (curve.at(-1)?.step !== step) add(step);
      return { curve, start: curve[0]?.error ?? 1, error: last.mean, recovered: last.recovered };
    },
    dispose: () => truth.dispose(),
  };
}

/** Known atoms as a dictionary of this kind can express them. */
function truthOf({ values, shape }: KnownDictionary, grid: readonly number[] | undefined, kind: string): Tensor {
  const atoms = tensor(values, [...shape]);
  if (grid === undefined) return atoms;
  const functions = kernelsOnGrid(atoms, grid);
  return kind === "fourier" ? synthesize(analyze(functions, { modes: allModes(grid) }), { grid }) : functions;
}
