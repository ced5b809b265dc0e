/** A number on an axis: no more digits than it needs, up to six. */
export function formatTick(value: number): string {
  // Zero has no sign.
  const short = Number(value.toPrecision(6)) || 0;
  const magnitude = Math.abs(short);
  return (magnitude >= 1e-4 && magnitude < 1e7) || short === 0
    ? short.toLocaleString("en", { maximumFractionDigits: 6 })
    : short.toExponential();
}
