import { formatTick } from "./format-tick.ts";
import { logTicks } from "./log-ticks.ts";

/** How numbers lie on an axis. */
export interface NumberAxis {
  readonly type: "linear" | "log";
  readonly domain: readonly [low: number, high: number];
  /** Where ticks stand, or about how many there are. */
  readonly ticks: readonly number[] | number;
  /** A value as the axis can draw it: NaN where it cannot. */
  readonly place: (value: number) => number;
}

/** Beyond these magnitudes arithmetic of a plot overflows. */
const [least, largest] = [1e-100, 1e100];
/** Values that differ by a smaller share than this are drawn as one. */
const narrowest = 1e-6;

/** A value as a linear axis can draw it: NaN where it cannot. */
export const linearPlace = (value: number): number => (Math.abs(value) <= largest ? value : Number.NaN);
const logPlace = (value: number) => (value >= least && value <= largest ? value : Number.NaN);

/** An axis that holds values and reaches zero where that is near. Nothing without a number that can be drawn. */
export function valueAxis(values: readonly number[], log = false): NumberAxis | undefined {
  const positive = log ? extent(values, logPlace) : undefined;
  if (positive !== undefined) {
    const domain = roundedOut(positive);
    return { type: "log", domain, ticks: logTicks(...domain), place: logPlace };
  }
  const found = extent(values, linearPlace);
  if (found === undefined) return undefined;
  const [low, high] = widened(found);
  const pad = 0.05 * (high - low);
  const from = low >= 0 && low < high / 2 ? 0 : low - pad;
  const to = high <= 0 && high > low / 2 ? 0 : high + pad;
  return { type: "linear", domain: [from, to], ticks: 5, place: linearPlace };
}

/** An axis that just holds values, with ticks at each where they are few and `width` pixels have room for their labels. */
export function positionAxis(values: readonly number[], width: number, log = false): NumberAxis | undefined {
  const positive = log ? extent(values, logPlace) : undefined;
  const [place, type] = positive === undefined ? [linearPlace, "linear" as const] : [logPlace, "log" as const];
  const found = positive ?? extent(values, place);
  if (found === undefined) return undefined;
  const domain: readonly [number, number] =
    type === "log" && found[0] === found[1] ? [found[0] / 2, found[0] * 2] : widened(found);
  const distinct = [...new Set(values.map(place).filter(Number.isFinite))].sort((a, b) => a - b);
  const share = shareAlong(type, domain);
  const room = (ticks: readonly number[]) => haveRoom(ticks, (tick) => width * share(tick));
  if (distinct.length <= 8 && room(distinct)) return { type, domain, ticks: distinct, place };
  if (type === "linear") return { type, domain, ticks: tickCount(domain, width), place };
  const powers = logTicks(...domain);
  const ticks = powers.length > 1 && room(powers) ? powers : domain;
  return { type, domain, ticks, place };
}

/** Where a value lies along an axis, 0 .. 1. */
export function shareAlong(type: NumberAxis["type"], [low, high]: NumberAxis["domain"]): (value: number) => number {
  const at = type === "log" ? Math.log : (value: number) => value;
  return (value) => (at(value) - at(low)) / (at(high) - at(low));
}

function extent(values: readonly number[], place: NumberAxis["place"]): readonly [number, number] | undefined {
  const drawn = values.map(place).filter(Number.isFinite);
  const low = drawn.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = drawn.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return drawn.length === 0 ? undefined : [low, high];
}

function widened([low, high]: readonly [number, number]): readonly [number, number] {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  if (magnitude < least) return [-1, 1];
  return high - low >= narrowest * magnitude ? [low, high] : [low - 0.1 * magnitude, high + 0.1 * magnitude];
}

/** The nearest of 1, 2 and 5 times powers of ten around a range; powers of ten where it is long. */
function roundedOut([low, high]: readonly [number, number]): readonly [number, number] {
  const steps = Math.log10(high / low) > 3 ? [1] : [1, 2, 5];
  const around = (value: number) => {
    const power = Math.floor(Math.log10(value));
    return [power - 1, power, power + 1].flatMap((p) => steps.map((step) => Number(`${step}e${p}`)));
  };
  const from = around(low).findLast((tick) => tick <= low) ?? low;
  const to = around(high).find((tick) => tick >= high && tick > from) ?? high;
  return [from, to];
}

/** Whether the labels of ticks, in rising order, stay apart. */
function haveRoom(ticks: readonly number[], at: (tick: number) => number): boolean {
  const half = (tick: number) => labelWidth(tick) / 2;
  const next = ticks.slice(1);
  return next.every((tick, i) => at(tick) - half(tick) >= at(ticks[i]) + half(ticks[i]));
}

/** How many ticks an axis has room for. */
function tickCount(domain: readonly number[], width: number): number {
  return Math.max(2, Math.min(6, Math.floor(width / (1.5 * Math.max(...domain.map(labelWidth))))));
}

/** Pixels that the label of a tick takes, with a gap. */
function labelWidth(tick: number): number {
  return 6.5 * formatTick(tick).length + 8;
}
