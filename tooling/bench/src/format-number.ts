/** Three significant digits, whole numbers from 100 on. */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
