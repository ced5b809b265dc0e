/** How the pages write numbers. What is not a number is a dash everywhere. */
import type { Grid } from "@saeno/backend";
import type { Spread, SweepSetting } from "@saeno/experiments";
import { extent } from "d3-array";
import { format } from "d3-format";
import { type Html, html } from "./html.ts";

const missing = "–";
/** Digits, at most, that tell the ends of a range apart. */
const mostDigits = 5;

/** A number to three significant digits, or as many as are asked for; whole numbers in full. */
export function formatNumber(value: number | undefined, digits = 3): string {
  if (value === undefined || !Number.isFinite(value)) return missing;
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9) return format(`.${digits - 1}e`)(value);
  if (magnitude >= 1000 || Number.isInteger(value)) return format(",.0f")(value);
  return format(magnitude < 1e-3 ? `.${digits - 2}e` : `.${digits}r`)(value);
}

/** `1 point`, `2 points`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A share in 0 .. 1 as a percentage. */
export function formatShare(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(100 * share)) return missing;
  if (share > 0 && share < 0.001) return "<0.1%";
  return format(share === 0 || share >= 0.0995 ? ".0%" : ".1%")(share);
}

/** The share of a cost as a percentage: small ones, of one concept among thousands, can be told apart. */
export function formatCost(share: number): string {
  const magnitude = Math.abs(share);
  return magnitude < 1e-3 && magnitude >= 1e-6 ? `${format(".2r")(100 * share)}%` : formatShare(share);
}

/** A number on an axis: no more digits than it needs, and at most six. */
export function formatTick(value: number): string {
  return trimmed(value, 6);
}

/** A number in a legend: no more digits than it needs, and at most four. */
export function formatReference(value: number): string {
  return trimmed(value, 4);
}

function trimmed(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  const plain = value === 0 || (magnitude >= 1e-4 && magnitude < 1e7);
  return format(plain ? `,.${digits}~r` : `.${digits - 1}~e`)(value);
}

/** `28 × 28`; a vector has no grid. */
export function formatGrid(grid: Grid): string {
  return grid.length === 0 ? "vectors" : grid.join(" × ");
}

/** A setting as a person would write it; a dash for what was left to its default. */
export function formatSetting(value: SweepSetting): string {
  if (typeof value !== "number") return value === undefined ? missing : String(value);
  if (Number.isNaN(value)) return missing;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return Number.isSafeInteger(value) ? format(",d")(value) : formatTick(value);
}

/** Whether there is a range to show beside the mean. */
export function hasRange({ mean, low, high, count }: Spread): boolean {
  return count > 1 && [mean, low, high].every(Number.isFinite);
}

/** `0.120 (0.118 to 0.123)`, or the mean alone; with more digits where the ends of the range would look alike. */
export function formatSpread(spread: Spread | undefined, digits = 3): string {
  const { mean, range } = spreadText(spread, digits);
  return range === undefined ? mean : `${mean} (${range})`;
}

/** A mean with its range in small type. */
export function spreadElement(spread: Spread | undefined, digits = 3): Html {
  const { mean, range } = spreadText(spread, digits);
  return range === undefined ? html`${mean}` : html`${mean} <small>(${range})</small>`;
}

function spreadText(spread: Spread | undefined, digits: number): { readonly mean: string; readonly range?: string } {
  if (spread === undefined || !hasRange(spread)) return { mean: formatNumber(spread?.mean, digits) };
  const { mean, low, high } = spread;
  const [from, to] = [formatNumber(low, digits), formatNumber(high, digits)];
  if (from === to && low !== high && digits < mostDigits) return spreadText(spread, digits + 1);
  return { mean: formatNumber(mean, digits), range: `${from} to ${to}` };
}

/** How to read numbers with ranges: `mean (lowest to highest) over 3 seeds`. Empty where none has a range. */
export function seedsNote(spreads: readonly (Spread | undefined)[]): string {
  const ranges = spreads.filter((spread) => spread !== undefined).filter(hasRange);
  const [fewest, most] = extent(ranges, ({ count }) => count);
  if (most === undefined) return "";
  return `mean (lowest to highest) over ${fewest === most ? most : `${fewest} to ${most}`} seeds`;
}
