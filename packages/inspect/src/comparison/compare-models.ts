import { disposeCodes } from "@saeno/activations";
import { sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import {
  type ConceptUse,
  checkComparable,
  codes,
  comparableAtoms,
  compareAtoms,
  evaluate,
  type Stability,
  stabilityOf,
} from "@saeno/metrics";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { readCodes, sampleCount } from "../codes/code-table.ts";
import { batchSizeOn } from "../codes/encode-dataset.ts";

export interface CompareOptions {
  /** The samples that both models are used on. */
  readonly dataset: Dataset;
  /** What is already known about the use of concepts on these samples, from `codes()` of @saeno/metrics or an index; saves a pass for each. */
  readonly use?: { readonly a?: ConceptUse; readonly b?: ConceptUse };
  /** The least |cosine| at which a pair counts as the same concept. Default 0.7. */
  readonly alike?: number;
  /** Default 64. */
  readonly batchSize?: number;
}

/** Which concepts of two models are the same, and whether they are active in the same samples. */
export interface ModelComparison {
  /** As between two runs (`stability` of @saeno/metrics): weighted by energy, and of one-to-one matches. */
  readonly stability: Stability;
  /** Concepts matched one-to-one so that the sum of |cosine| is largest, the most alike first. */
  readonly pairs: readonly ConceptPair[];
  /** Concepts in use without a partner: none was left, or the one that was is less alike than `alike`. */
  readonly alone: { readonly a: readonly number[]; readonly b: readonly number[] };
  readonly samples: number;
}

export interface ConceptPair {
  readonly a: number;
  readonly b: number;
  /** |cosine| of the atoms, functions at their best shift. */
  readonly cosine: number;
  /** The share, among samples in which either is active, in which both are. */
  readonly agreement: number;
  /** The correlation of their energies over all samples; NaN if one of them never changes. */
  readonly correlation: number;
}

/**
 * Compares two models on the same samples. They may differ in the number of concepts, modes, kernels and kind, as long as they take the same samples: atoms are
 * compared on the grid of the data. Up to two passes for each, one for how concepts are used (unless that is given) and one for how pairs agree; memory does not depend on the
 * number of samples.
 *
 * @throws SaenoError `stability.models` for models of other samples, and as `evaluate`.
 */
export async function compareModels(
  a: SparseAutoencoder,
  b: SparseAutoencoder,
  { dataset, use = {}, alike = 0.7, batchSize = 64 }: CompareOptions,
): Promise<ModelComparison> {
  checkComparable(a.dictionary, b.dictionary, dataset.grid);
  const useOf = (model: SparseAutoencoder) => evaluate(model, dataset, { metrics: [codes()], batchSize });
  const [ofA, ofB] = [use.a ?? (await useOf(a)), use.b ?? (await useOf(b))];
  const [left, right] = [comparableAtoms(a.dictionary, dataset.grid), comparableAtoms(b.dictionary, dataset.grid)];
  const comparison = await compareAtoms(
    { ...ofA, atoms: left.atoms },
    { ...ofB, atoms: right.atoms },
    { shifts: left.shifts || right.shifts },
  ).finally(() => {
    left.atoms.dispose();
    right.atoms.dispose();
  });
  const [conceptsOfA, conceptsOfB] = comparison.concepts;
  const matched = comparison.match.flatMap((l, k) =>
    l < 0 ? [] : [{ a: conceptsOfA[k], b: conceptsOfB[l], cosine: comparison.cosines[k][l] }],
  );
  const agreements = await agreementsOf(a, b, matched, dataset, batchSize);
  const pairs = matched
    .map((pair, i): ConceptPair => ({ ...pair, ...agreements[i] }))
    .sort((p, q) => q.cosine - p.cosine || p.a - q.a);
  const partners = pairs.filter(({ cosine }) => cosine >= alike);
  const [hasA, hasB] = [new Set(partners.map((pair) => pair.a)), new Set(partners.map((pair) => pair.b))];
  return {
    stability: stabilityOf(comparison, ofA, ofB),
    pairs,
    alone: {
      a: conceptsOfA.filter((concept) => !hasA.has(concept)),
      b: conceptsOfB.filter((concept) => !hasB.has(concept)),
    },
    samples: dataset.size,
  };
}

/** Sums over samples of a pair: how often both and either are active, and the moments of their energies. */
class PairSums {
  #both = 0;
  #either = 0;
  #count = 0;
  #meanA = 0;
  #meanB = 0;
  #squaresA = 0;
  #squaresB = 0;
  #products = 0;

  /** Welford's: energies may be large beside what they differ by. */
  add(a: number, b: number): void {
    if (a > 0 && b > 0) this.#both++;
    if (a > 0 || b > 0) this.#either++;
    this.#count++;
    const [ofA, ofB] = [a - this.#meanA, b - this.#meanB];
    this.#meanA += ofA / this.#count;
    this.#meanB += ofB / this.#count;
    this.#squaresA += ofA * (a - this.#meanA);
    this.#squaresB += ofB * (b - this.#meanB);
    this.#products += ofA * (b - this.#meanB);
  }

  result(): Pick<ConceptPair, "agreement" | "correlation"> {
    return {
      agreement: this.#either === 0 ? Number.NaN : this.#both / this.#either,
      correlation: this.#products / Math.sqrt(this.#squaresA * this.#squaresB),
    };
  }
}

async function agreementsOf(
  a: SparseAutoencoder,
  b: SparseAutoencoder,
  pairs: readonly { readonly a: number; readonly b: number }[],
  dataset: Dataset,
  batchSize: number,
): Promise<Pick<ConceptPair, "agreement" | "correlation">[]> {
  const sums = pairs.map(() => new PairSums());
  const most = Math.min(...[a, b].map((model) => batchSizeOn(model, dataset, batchSize)));
  for await (const { values, shape } of batches(dataset, { batchSize: most })) {
    const x = tensor(values, [...shape]);
    try {
      const [ofA, ofB] = [await energies(a, x), await energies(b, x)];
      for (let sample = 0; sample < shape[0]; sample++) {
        pairs.forEach((pair, i) => {
          sums[i].add(
            ofA[sample * a.dictionary.conceptCount + pair.a],
            ofB[sample * b.dictionary.conceptCount + pair.b],
          );
        });
      }
    } finally {
      x.dispose();
    }
  }
  return sums.map((each) => each.result());
}

/** `|z_k|^2` of all samples and concepts, `[B, K]` flat. */
async function energies(model: SparseAutoencoder, x: Tensor): Promise<Float64Array> {
  const found = model.encode(x);
  const table = await readCodes(found).finally(() => disposeCodes(found));
  const { samples, concepts, maps, values, conceptCount, grid } = table;
  const all = new Float64Array(sampleCount(table) * conceptCount);
  for (let sample = 0; sample + 1 < samples.length; sample++) {
    for (let map = samples[sample]; map < samples[sample + 1]; map++) {
      let squares = 0;
      for (let i = maps[map]; i < maps[map + 1]; i++) squares += values[i] ** 2;
      all[sample * conceptCount + concepts[map]] = Math.max(squares / sizeOf(grid), 2 ** -149);
    }
  }
  return all;
}
