import { formatSetting } from "./format-setting.ts";
import { type NumberAxis, positionAxis } from "./number-axis.ts";
import type { SweepSetting } from "./sweep-data.ts";

/** How the values of a swept field lie along an axis: numbers by their size, anything else side by side. */
export type SettingAxis =
  | { readonly kind: "numbers"; readonly axis: NumberAxis }
  | { readonly kind: "categories"; readonly names: readonly string[] };

/** The axis of a field, `width` pixels wide. Nothing when its value is the same in all runs. */
export function settingAxis(values: readonly SweepSetting[], width: number): SettingAxis | undefined {
  const distinct = [...new Set(values)];
  if (distinct.length < 2) return undefined;
  const numbers = distinct.filter((value) => typeof value === "number");
  const axis = numbers.length === distinct.length ? positionAxis(numbers, width, isSpread(numbers)) : undefined;
  if (axis !== undefined && numbers.every((value) => Number.isFinite(axis.place(value))))
    return { kind: "numbers", axis };
  return { kind: "categories", names: [...new Set(sorted(distinct).map(formatSetting))] };
}

/** Whether a logarithmic axis spaces numbers more evenly: the widest gap takes a smaller share of it. */
function isSpread(numbers: readonly number[]): boolean {
  const rising = [...numbers].sort((a, b) => a - b);
  const [low = 0, high = 0] = [rising[0], rising.at(-1)];
  if (low <= 0) return false;
  if (rising.length === 2) return high >= 10 * low;
  return widestGap(rising.map(Math.log)) < 0.95 * widestGap(rising);
}

function widestGap(rising: readonly number[]): number {
  const gaps = rising.slice(1).map((value, i) => value - rising[i]);
  const range = (rising.at(-1) ?? 0) - (rising[0] ?? 0);
  return gaps.reduce((widest, gap) => Math.max(widest, gap), 0) / range;
}

/** Numbers by size, after them the rest as they came. */
function sorted(values: readonly SweepSetting[]): SweepSetting[] {
  const numbers = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value !== "number")];
}
