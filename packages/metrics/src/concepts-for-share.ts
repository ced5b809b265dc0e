/**
 * The fewest concepts, largest first, that carry a share of a total that is spread over them: of code energy, or of uses (specification: Metrics). 0 when there is
 * none to carry.
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
