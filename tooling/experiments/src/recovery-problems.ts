import { createRandom, packTheta, sizeOf } from "@saeno/backend";
import { convDictionary, type Dictionary, denseDictionary, fourierDictionary, unitRows } from "@saeno/core";
import { type Dataset, sparseFunctions, sparseVectors } from "@saeno/datasets";
import { analyse, synthesise } from "@saeno/fft";
import { add, mul, type Tensor, tensor, tidy, transpose } from "@tensorflow/tfjs-core";

/** A known dictionary, data that it made, and models that start near it. */
export interface RecoveryProblem {
  readonly name: string;
  readonly dataset: Dataset;
  /** Truth plus noise of half its norm, as the rows of an unlifted dictionary; unit norm. */
  readonly start: Tensor;
  /** A dictionary from such rows, of any number of channels. */
  dictionary(rows: Tensor): Dictionary;
  /** The true atoms, as the dictionary's kind can express them. */
  readonly truth: Tensor;
  readonly atomsOf: (dictionary: Dictionary) => Tensor;
  /** The learning rate at which the dictionary's rows move as kernels do at `learningRate`. */
  readonly learningRate: number;
  readonly stepSize: number;
  readonly threshold: number;
  readonly batch: number;
  readonly steps: number;
  readonly lifted: number;
}

const noise = 0.5;

/** Vectors (SPEC 10, 2a, small): n = 100, K = 150, 3 active with amplitudes N(15, 1). */
export function denseProblem(steps = 300, batch = 256): RecoveryProblem {
  const [n, concepts] = [100, 150];
  const made = sparseVectors({ n, concepts, active: 3, samples: batch * (steps + 1) });
  const truth = tensor(made.dictionary.values, [...made.dictionary.shape]);
  return {
    name: "vectors",
    dataset: made.dataset,
    truth,
    start: perturbed(truth),
    dictionary: (rows) => denseDictionary({ inputs: rows.shape[1] as number, concepts }, rows),
    atomsOf: (dictionary) => dictionary.atoms(),
    learningRate: 0.01,
    stepSize: 0.2,
    threshold: 2,
    batch,
    steps,
    lifted: 120,
  };
}

/**
 * Functions on a grid of 16 x 16 with 8 channels: 12 kernels of 5 x 5, one of them active in a sample at three points. Learned as
 * kernels, or as spectra with all modes that the grid holds: on an even grid all but the Nyquist frequency, so that their truth is
 * what the kernels are below it.
 */
export function functionProblem(kind: "conv" | "fourier", steps = 60, batch = 32, size = 16): RecoveryProblem {
  const [channels, concepts, kernel] = [8, 12, 5];
  const grid = [size, size];
  const modes = grid.map((points) => Math.ceil(points / 2));
  const made = sparseFunctions({
    grid,
    channels,
    concepts,
    kernel,
    activeConcepts: 1,
    spikes: 3,
    samples: batch * (steps + 1),
  });
  const truth = tensor(made.kernels.values, [...made.kernels.shape]);
  const conv = (rows: Tensor) =>
    convDictionary({ channels: rows.shape[3] as number, concepts, kernel: [kernel, kernel] }, rows);
  const onGrid = (rows: Tensor) => tidy(() => conv(rows).atoms(grid));
  const spectral = kind === "fourier";
  return {
    name: spectral ? "functions, spectra" : "functions, kernels",
    dataset: made.dataset,
    start: perturbed(truth),
    dictionary: spectral ? (rows) => spectralDictionary(onGrid(rows), modes) : conv,
    truth: spectral ? tidy(() => synthesise(analyse(onGrid(truth), { modes }), { grid })) : truth,
    atomsOf: (dictionary) => dictionary.atoms(spectral ? grid : undefined),
    // The gradient of a spectrum is that of the kernel divided by the number of grid points (SPEC 9.3).
    learningRate: 0.003 * (spectral ? sizeOf(grid) : 1),
    stepSize: 0.1,
    threshold: 0.5,
    batch,
    steps,
    lifted: 12,
  };
}

function perturbed(truth: Tensor): Tensor {
  const rowSize = truth.size / (truth.shape[0] as number);
  const normals = tensor(createRandom(7).normals(truth.size), truth.shape);
  return tidy(() => unitRows(add(truth, mul(normals, noise / Math.sqrt(rowSize)))));
}

/** Spectra of kernels given on a grid `[K, ...N, C]`, so that codes count as for kernels: `D = |N| analysis(kernel)` (SPEC 9.3). */
function spectralDictionary(kernels: Tensor, modes: readonly number[]): Dictionary {
  const [concepts, ...rest] = kernels.shape as [number, ...number[]];
  const channels = rest.pop() as number;
  const theta = tidy(() => {
    const { re, im } = analyse(kernels, { modes });
    const roots = tensor(
      Float32Array.from({ length: modes.at(-1) as number }, (_, w) => sizeOf(rest) * (w === 0 ? 1 : Math.SQRT2)),
    );
    const part = (x: Tensor) => mul(transpose(x, [0, x.rank - 1, ...modes.map((_, axis) => axis + 1)]), roots);
    return packTheta({ re: part(re), im: part(im) });
  });
  return fourierDictionary({ channels, concepts, modes }, theta);
}
