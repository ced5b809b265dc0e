import { axisX, axisY, gridY, type Markish, ruleY } from "@observablehq/plot";
import { formatTick } from "./format-tick.ts";
import type { NumberAxis } from "./number-axis.ts";

/** A y axis with its grid, and a line at zero where a linear one reaches zero. Ticks that are given are all labeled. */
export function axisMarksY({ type, domain: [low, high], ticks }: Omit<NumberAxis, "place">): Markish[] {
  const zero = type === "linear" && low <= 0 && high >= 0 ? ruleY([0], { strokeOpacity: 0.4 }) : null;
  if (typeof ticks === "number") return [axisY({ ticks, tickFormat: formatTick }), gridY({ ticks }), zero];
  // With labels as a channel: a format alone is not asked for every tick of a logarithmic axis.
  return [axisY([...ticks], { text: formatTick }), gridY([...ticks]), zero];
}

/** An x axis, labeled at every tick that is given. */
export function axisMarksX({ ticks }: Pick<NumberAxis, "ticks">): Markish {
  return typeof ticks === "number" ? axisX({ ticks, tickFormat: formatTick }) : axisX([...ticks], { text: formatTick });
}
