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
  /** What people call settings and numbers, by name; others as they are. */
  readonly labels?: Readonly<Record<string, string>>;
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
  /** Where to find the run, such as its folder; of several seeds the first. */
  readonly place?: string;
  /** The runs of all seeds that finished. */
  readonly folders?: readonly SeedRun[];
}

/** A run of a setting. */
export interface SeedRun {
  readonly seed: number;
  readonly place: string;
  /** In words, where it was ended before all its steps were made. */
  readonly interrupted?: string;
}

/** `undefined`: left to its default. */
export type SweepSetting = string | number | boolean | undefined;
