/**
 * The value below which a share of the values lies, interpolated between neighbors; NaN when there are none.
 *
 * @param sorted rising.
 * @param share 0 .. 1.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return below + (at - Math.floor(at)) * (above - below);
}
