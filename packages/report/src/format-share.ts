/** A share in 0 .. 1 as a percentage; a dash for what is not a number. */
export function formatShare(share: number | undefined): string {
  const percent = 100 * (share ?? Number.NaN);
  if (!Number.isFinite(percent)) return "–";
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent === 0 || percent >= 9.95 ? Math.round(percent) : percent.toFixed(1)} %`;
}
