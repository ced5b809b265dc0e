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
 * Dead concepts: those active in none of the samples looked at. The word means this everywhere, and the samples are named with it: those of
 * an evaluation, or during training the last `deadAfter`.
 */
export function deadConcepts({ utilization }: Use): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] === 0);
}

/** Concepts in use: those that are not dead. */
export function conceptsInUse({ utilization }: Use): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] !== 0);
}
