import type { Spread } from "@saeno/report";

/** The mean of a number over seeds, its least and largest, and how many there are. NaN where there are none. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    mean: values.reduce((total, value) => total + value, 0) / values.length,
    low: values.length === 0 ? Number.NaN : Math.min(...values),
    high: values.length === 0 ? Number.NaN : Math.max(...values),
    count: values.length,
  };
}
