import type { Spread } from "./spread.ts";

/** Runs with different settings, as plain numbers. */
export interface SweepData {
  readonly title: string;
  /** Paragraphs below the title. */
  readonly summary?: readonly string[];
  /** The number that ranks the runs, such as `relative error`. */
  readonly metric: string;
  /** Which metric is best. */
  readonly goal: "lowest" | "highest";
  /** The settings that were swept, in the order they are shown. */
  readonly fields: readonly string[];
  readonly runs: readonly SweepRun[];
}

export interface SweepRun {
  readonly settings: Readonly<Record<string, SweepSetting>>;
  /** How many seeds it was trained with. */
  readonly seeds: number;
  /** Over those seeds. */
  readonly metric: Spread;
  /** Further numbers by name. */
  readonly others: Readonly<Record<string, Spread>>;
  /** Why it failed; failed runs are listed last and not drawn. */
  readonly failed?: string;
  /** Where to find the run, such as its folder. */
  readonly place?: string;
}

/** `undefined`: left to its default. */
export type SweepSetting = string | number | boolean | undefined;
