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

/** Up to this share of samples a concept is as it started, or nearly so. */
const hardlyUsed = 0.01;

/** Concepts that are active in more than one sample in a hundred, by the shares of samples in which each was active. */
export function conceptsInUse({ utilization }: { readonly utilization: readonly number[] }): number[] {
  return [...utilization.keys()].filter((k) => utilization[k] > hardlyUsed);
}
