import { createRandom, SaenoError } from "@saeno/backend";
import { description, number, optional, pipe, strictObject } from "valibot";
import { type DatasetComponent, defineDataset } from "../components/define-dataset.ts";
import { count } from "../components/option-schemas.ts";
import type { KnownDataset } from "../dataset.ts";
import { remembered } from "../transforms/remembered.ts";
import { split } from "../transforms/subset.ts";
import { seedOf, unitRows } from "./sparse-functions.ts";

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
 * amplitudes N(15, 1). Samples are computed when first read, from the seed and their index.
 *
 * @throws SaenoError `sparse-vectors.options` for counts that are not positive whole numbers, or more active concepts than concepts.
 */
export function sparseVectors(options: SparseVectorsOptions): KnownDataset {
  const { n, concepts, active, samples, amplitudeMean = 15, amplitudeStd = 1, seed = 0 } = options;
  for (const [name, value] of Object.entries({ n, concepts, active, samples })) {
    if (!Number.isInteger(value) || value < 1 || (name === "active" && value > concepts)) {
      throw new SaenoError(
        "sparse-vectors.options",
        `Sparse vectors: ${name} must be a whole number of at least 1${name === "active" ? " and at most the number of concepts" : ""}; got ${value}.`,
      );
    }
  }
  const random = createRandom(seed);
  const dictionary = unitRows(random.split("dictionary").normals(concepts * n), concepts);
  const samplesRandom = random.split("samples");
  return remembered({
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
  });
}

export const sparseVectorsComponent: DatasetComponent = defineDataset({
  kind: "sparse-vectors",
  summary: "sums of a few vectors: a generative model whose dictionary is known",
  schema: strictObject({
    n: optional(pipe(count, description("length of a sample")), 100),
    concepts: optional(pipe(count, description("vectors in the dictionary (default: 3 n / 2)"))),
    active: optional(pipe(count, description("concepts in a sample (default: 2 % of them)"))),
    amplitude: optional(pipe(number("must be a number"), description("mean amplitude of a concept")), 15),
    amplitudeStd: optional(pipe(number("must be a number"), description("standard deviation of amplitudes")), 1),
  }),
  shorthand: { option: "n" },
  async open({ n, concepts, active, amplitude, amplitudeStd }, { limit = 5000, test = 500, seed }) {
    const dataset = sparseVectors({
      n,
      concepts: concepts ?? Math.ceil(1.5 * n),
      active: active ?? Math.max(1, Math.round(0.02 * (concepts ?? 1.5 * n))),
      samples: limit + test,
      amplitudeMean: amplitude,
      amplitudeStd,
      seed: seedOf("sparse-vectors", seed),
    });
    return split(dataset, { test });
  },
});
