import { type NumberAxis, valueAxis } from "./number-axis.ts";
import { quantile } from "./quantile.ts";
import type { SweepData } from "./sweep-data.ts";
import { isMeasured } from "./sweep-order.ts";

/** The axis is logarithmic when metrics span more than this factor. */
const logarithmicFrom = 10;
/** Runs further from the best than this many times the median run are drawn at the edge. */
const reach = 8;

/** The axis of the metric of a sweep, on which a run far worse than most lies at the edge instead of pressing the others together. */
export function metricAxis({ runs, goal }: Pick<SweepData, "runs" | "goal">): NumberAxis | undefined {
  const rising = runs
    .filter(isMeasured)
    .map(({ metric }) => metric.mean)
    .sort((a, b) => a - b);
  const [low = 0, high = 0] = [rising[0], rising.at(-1)];
  const log = low > 0 && high > logarithmicFrom * low;
  const scale = log ? Math.log : (value: number) => value;
  const back = log ? Math.exp : (value: number) => value;
  const best = scale(goal === "lowest" ? low : high);
  const edge = back(best + reach * (scale(quantile(rising, 0.5)) - best));
  const inside = rising.filter((value) => edge === best || (goal === "lowest" ? value <= edge : value >= edge));
  const axis = valueAxis(inside.length > 1 ? inside : rising, log);
  if (axis === undefined) return undefined;
  const [from, to] = axis.domain;
  return { ...axis, place: (value) => Math.min(to, Math.max(from, value)) };
}
