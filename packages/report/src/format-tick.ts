/** A number on an axis: no more digits than it needs. */
export function formatTick(value: number): string {
  const short = Number(value.toPrecision(3));
  return Math.abs(short) >= 1e-4 || short === 0
    ? short.toLocaleString("en", { maximumFractionDigits: 6 })
    : short.toExponential();
}
