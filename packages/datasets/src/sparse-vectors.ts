import { createRandom, SaenoError } from "@saeno/backend";
import type { KnownDataset } from "./dataset.ts";
import { unitRows } from "./sparse-functions.ts";

export interface SparseVectorsOptions {
  /** Length of a sample. */
  readonly n: number;
  readonly concepts: number;
  /** Concepts in a sample. */
  readonly active: number;
  readonly samples: number;
  /** Default 15. */
  readonly amplitudeMean?: number;
  /** Default 1. */
  readonly amplitudeStd?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * The dense generative model of specification: Reproduction: `x = sum_k z_k d_k`; d Gaussian and normalized, of each sample a few concepts with
 * amplitudes N(15, 1). Samples are computed when read, from the seed and their index.
 *
 * @throws SaenoError `sparse-vectors.options` for counts that are none, or more active concepts than concepts.
 */
export function sparseVectors(options: SparseVectorsOptions): KnownDataset {
  const { n, concepts, active, samples, amplitudeMean = 15, amplitudeStd = 1, seed = 0 } = options;
  for (const [name, value] of Object.entries({ n, concepts, active, samples })) {
    if (!Number.isInteger(value) || value < 1 || (name === "active" && value > concepts)) {
      throw new SaenoError(
        "sparse-vectors.options",
        `Sparse vectors: ${name} is a whole number of at least 1${name === "active" ? " and at most the concepts" : ""}; got ${value}.`,
      );
    }
  }
  const random = createRandom(seed);
  const dictionary = unitRows(random.split("dictionary").normals(concepts * n), concepts);
  const samplesRandom = random.split("samples");
  return {
    name: "sparse-vectors",
    size: samples,
    grid: [],
    channels: n,
    async read(indices) {
      const result = new Float32Array(indices.length * n);
      for (let row = 0; row < indices.length; row++) {
        const draw = samplesRandom.split(String(indices[row]));
        for (const concept of draw.permutation(concepts).subarray(0, active)) {
          const amplitude = amplitudeMean + amplitudeStd * draw.normal();
          for (let i = 0; i < n; i++) {
            result[row * n + i] = result[row * n + i] + amplitude * dictionary[concept * n + i];
          }
        }
      }
      return result;
    },
    truth: { values: dictionary, shape: [concepts, n] },
  };
}
