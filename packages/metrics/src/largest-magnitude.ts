/** `max |v_i|`; 0 of nothing. A NaN among the values is the result. */
export function largestMagnitude(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
