/**
 * The fewest concepts, largest first, that carry a share of a total that is spread over them: of code energy, or of uses
 * (specification: Metrics). 0 when there is none to carry.
 *
 * @param amounts by concept, none negative.
 * @param share in [0, 1].
 */
export function conceptsForShare(amounts: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(amounts).sort().reverse();
  const wanted = share * sorted.reduce((total, value) => total + value, 0);
  let [carried, count] = [0, 0];
  for (const value of sorted) {
    if (carried >= wanted) break;
    carried += value;
    count++;
  }
  return count;
}

/** By concept: the share of the samples looked at in which it was active. */
interface Use {
  readonly utilization: readonly number[];
}

/**
 * Dead concepts: those active in none of the samples considered, which are those of an evaluation or, during training, the last `deadAfter`.
 */
export function deadConcepts({ utilization }: Use): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] === 0);
}

/** Concepts in use: those that are not dead. */
export function conceptsInUse({ utilization }: Use): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] !== 0);
}

/** How concepts are used, judged by how often each is active. */
export interface UseStatistics {
  /** The share of concepts in use that are selective (`selectiveConcepts`). NaN if none is in use. */
  readonly selective: number;
  /** How many concepts are active in more than 90 % of the samples. */
  readonly alwaysOn: number;
  /**
   * The effective number of concepts: the perplexity `exp(-sum p_k log p_k)` of the shares of use `p_k = utilization_k / sum utilization`. K if all are
   * used alike, 1 if all uses are of one.
   */
  readonly effectiveConcepts: number;
}

/** Selective concepts: those active in 1 % to 60 % of the samples. */
export function selectiveConcepts({ utilization }: Use): number[] {
  const { from, to } = selectiveBand;
  return [...utilization.keys()].filter((k) => utilization[k] >= from && utilization[k] <= to);
}

/** The shares of samples between which a concept is selective. */
export const selectiveBand = { from: 0.01, to: 0.6 } as const;

/** The share of samples above which a concept counts as always on. */
const always = 0.9;

export function useStatistics({ utilization }: Use): UseStatistics {
  const uses = utilization.reduce((total, use) => total + use, 0);
  const entropy = utilization.reduce((sum, use) => (use > 0 ? sum - (use / uses) * Math.log(use / uses) : sum), 0);
  return {
    selective: selectiveConcepts({ utilization }).length / conceptsInUse({ utilization }).length,
    alwaysOn: utilization.filter((use) => use > always).length,
    effectiveConcepts: uses > 0 ? Math.exp(entropy) : 0,
  };
}
