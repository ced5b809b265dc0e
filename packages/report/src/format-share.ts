/** A share in 0 .. 1 as a percentage; a dash for what is not a number. */
export function formatShare(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) return "–";
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent === 0 || percent >= 9.95 ? Math.round(percent) : percent.toFixed(1)} %`;
}
