import { axisX, axisY, gridY, type Markish, ruleX, ruleY } from "@observablehq/plot";
import type { PlotAxis, ReferenceX, ReferenceY } from "@saeno/experiments";
import { ascending, extent, max, pairs } from "d3-array";
import { scaleLinear, scaleLog } from "d3-scale";
import { formatTick } from "../page/numbers.ts";

/** How numbers lie on an axis. */
export interface NumberAxis {
  readonly type: "linear" | "log";
  readonly domain: readonly [low: number, high: number];
  /** Where ticks stand, or about how many there are. */
  readonly ticks: readonly number[] | number;
  /** Default: as numbers. */
  readonly format?: (tick: number) => string;
  /** A value as the axis can draw it: NaN where it cannot. */
  readonly place: (value: number) => number;
}

type AxisOptions = Omit<PlotAxis, "label">;

/** Beyond these magnitudes the arithmetic of a plot overflows. */
const [least, largest] = [1e-100, 1e100];
/** Values that differ by a smaller share than this are drawn as one. */
const narrowest = 1e-6;
/** Pixels of a letter, roughly, in the type of plots. */
const letter = 5.7;
const referenceDashes = ["5 4", "1.5 3", "10 4", "10 3 2 3"];

/** A value as a linear axis can draw it: NaN where it cannot. */
export const linearPlace = (value: number): number => (Math.abs(value) <= largest ? value : Number.NaN);
const logPlace = (value: number) => (value >= least && value <= largest ? value : Number.NaN);

/** An axis that holds values and reaches zero where that is near. Nothing without a number that can be drawn. */
export function valueAxis(
  values: readonly number[],
  { log = false, zero = false }: AxisOptions = {},
): NumberAxis | undefined {
  const positive = log ? drawnExtent(values, logPlace) : undefined;
  if (positive !== undefined) {
    const domain = roundedOut(positive);
    return { type: "log", domain, ticks: logTicks(domain), place: logPlace };
  }
  const found = drawnExtent(values, linearPlace);
  if (found === undefined) return undefined;
  const [low, high] = widened(found);
  const pad = 0.05 * (high - low);
  const from = low >= 0 && (zero || low < high / 2) ? 0 : low - pad;
  const to = high <= 0 && (zero || high > low / 2) ? 0 : high + pad;
  return { type: "linear", domain: [from, to], ticks: 5, place: linearPlace };
}

/** An axis that just holds values, with ticks at each where they are few and `width` pixels have room for their labels. */
export function positionAxis(
  values: readonly number[],
  width: number,
  { log = false, ticks: given }: AxisOptions = {},
): NumberAxis | undefined {
  const positive = log ? drawnExtent(values, logPlace) : undefined;
  const [place, type] = positive === undefined ? [linearPlace, "linear" as const] : [logPlace, "log" as const];
  const found = positive ?? drawnExtent(values, place);
  if (found === undefined) return undefined;
  const domain: NumberAxis["domain"] =
    type === "log" && found[0] === found[1] ? [found[0] / 2, found[0] * 2] : widened(found);
  if (given !== undefined) {
    const labels = new Map(given.map(({ value, label }) => [value, label]));
    return { type, domain, ticks: [...labels.keys()], format: (tick) => labels.get(tick) ?? "", place };
  }
  const distinct = [...new Set(values.map(place).filter(Number.isFinite))].sort(ascending);
  const share = shareAlong(type, domain);
  const room = (ticks: readonly number[]) => haveRoom(ticks, (tick) => width * share(tick));
  if (distinct.length <= 8 && room(distinct)) return { type, domain, ticks: distinct, place };
  if (type === "linear") return { type, domain, ticks: tickCount(domain, width), place };
  const powers = logTicks(domain);
  return { type, domain, ticks: powers.length > 1 && room(powers) ? powers : domain, place };
}

/** Where a value lies along an axis, 0 .. 1. */
export function shareAlong(type: NumberAxis["type"], domain: NumberAxis["domain"]): (value: number) => number {
  return (type === "log" ? scaleLog() : scaleLinear()).domain(domain);
}

/** Ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or powers of ten alone where those would be many. */
export function logTicks(domain: NumberAxis["domain"], mostDecades = 4): number[] {
  const [low, high] = domain;
  const kept = high / low > 10 ** mostDecades ? /^1e/ : /^[125]e/;
  const ticks = scaleLog().domain(domain).ticks(10);
  return ticks.filter((tick) => kept.test(tick.toExponential()));
}

/** An x axis, labeled at every tick that is given. */
export function axisMarksX({ ticks, format = formatTick }: NumberAxis): Markish {
  return typeof ticks === "number" ? axisX({ ticks, tickFormat: format }) : axisX([...ticks], { text: format });
}

/** A y axis with its grid, and a line at zero where a linear one reaches zero. Ticks that are given are all labeled. */
export function axisMarksY({ type, domain: [low, high], ticks }: NumberAxis): Markish[] {
  const zero = type === "linear" && low <= 0 && high >= 0 ? ruleY([0], { strokeOpacity: 0.4 }) : null;
  if (typeof ticks === "number") return [axisY({ ticks, tickFormat: formatTick }), gridY({ ticks }), zero];
  // With labels as a channel: Plot does not apply a format to every tick of a logarithmic axis.
  return [axisY([...ticks], { text: formatTick }), gridY([...ticks]), zero];
}

/** Dashed lines across a plot at values to compare with, where the axes can draw them. */
export function referenceMarks(
  references: readonly (ReferenceX | ReferenceY)[],
  yAxis: NumberAxis,
  xAxis: NumberAxis = yAxis,
): Markish[] {
  return references.map((reference, i) => {
    const style = { strokeDasharray: referenceDash(i), strokeWidth: 1.5 };
    if ("y" in reference) return Number.isFinite(yAxis.place(reference.y)) ? ruleY([reference.y], style) : null;
    return Number.isFinite(xAxis.place(reference.x)) ? ruleX([reference.x], style) : null;
  });
}

/** How the reference at an index is dashed in a plot and in its legend. */
export function referenceDash(index: number): string {
  return referenceDashes[index % referenceDashes.length];
}

/** Text on one line of so many pixels in the type of plots; what is longer ends in an ellipsis. */
export function fitText(text: string, pixels: number): string {
  const letters = [...text.replace(/\s+/g, " ").trim()];
  const most = Math.max(2, Math.floor(pixels / letter));
  return letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("")}…`;
}

function drawnExtent(values: readonly number[], place: NumberAxis["place"]): readonly [number, number] | undefined {
  const found = extent(values.map(place));
  return found[0] === undefined ? undefined : found;
}

function widened([low, high]: readonly [number, number]): readonly [number, number] {
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  if (magnitude < least) return [-1, 1];
  return high - low >= narrowest * magnitude ? [low, high] : [low - 0.1 * magnitude, high + 0.1 * magnitude];
}

/** The nearest of 1, 2 and 5 times powers of ten around a range; powers of ten where it is long. */
function roundedOut([low, high]: readonly [number, number]): readonly [number, number] {
  // Each end by itself, as ticks over the whole range might skip powers of ten.
  const long = high / low > 1e3 ? 0 : 4;
  const from = logTicks([low / 10, low * 10], long).findLast((tick) => tick <= low) ?? low;
  const to = logTicks([high / 10, high * 10], long).find((tick) => tick >= high && tick > from) ?? high;
  return [from, to];
}

/** Whether the labels of ticks, in rising order, stay apart. */
function haveRoom(ticks: readonly number[], at: (tick: number) => number): boolean {
  const half = (tick: number) => labelWidth(tick) / 2;
  return pairs(ticks).every(([tick, next]) => at(next) - half(next) >= at(tick) + half(tick));
}

/** How many ticks an axis has room for. */
function tickCount(domain: readonly number[], width: number): number {
  return Math.max(2, Math.min(6, Math.floor(width / (1.5 * (max(domain, labelWidth) ?? 1)))));
}

/** Pixels that the label of a tick takes, with a gap. */
function labelWidth(tick: number): number {
  return 6.5 * formatTick(tick).length + 8;
}
