/** `12 %`, `.4 %`, `< .1 %` */
export function formatShare(share: number): string {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${Math.abs(percent) >= 10 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** Three digits. */
export function formatNumber(value: number): string {
  return value === 0 ? "0" : Number(value.toPrecision(3)).toString();
}
