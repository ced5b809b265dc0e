import { formatTick } from "./format-tick.ts";
import type { SweepSetting } from "./sweep-data.ts";

/** A setting as a person would write it; a dash for what was left to its default or is not a number. */
export function formatSetting(value: SweepSetting): string {
  if (typeof value !== "number") return value === undefined ? "–" : String(value);
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  return Number.isSafeInteger(value) && value !== 0 ? value.toLocaleString("en") : formatTick(value);
}
