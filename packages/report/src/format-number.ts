/**
 * A number to three significant digits or as many as are asked for, whole numbers in full; a dash for what is not a number.
 */
export function formatNumber(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) >= 1e9) return value.toExponential(digits - 1);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  if (Math.abs(value) < 1e-3) return value.toExponential(digits - 2);
  return value.toPrecision(digits);
}
