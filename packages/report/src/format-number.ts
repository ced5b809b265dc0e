/** A number to three significant digits, whole numbers in full; a dash for what is not a number. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  if (Math.abs(value) < 1e-3) return value.toExponential(1);
  return value.toPrecision(3);
}
