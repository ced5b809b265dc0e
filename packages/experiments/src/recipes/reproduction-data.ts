import type { Spread } from "../sweep/spread.ts";
import type { FigurePlot } from "./figure-plot-data.ts";

/** Whether runs show what a paper says. `holds under these settings`: in some of the settings that were tried. */
export type Verdict = "holds" | "holds under these settings" | "does not hold" | "not run";

/** What became of the figures of a paper, as plain numbers: no tensors, and nothing is disposed. */
export interface ReproductionData {
  readonly title: string;
  /** Paragraphs below the title. */
  readonly summary?: readonly string[];
  readonly figures: readonly ReproducedFigure[];
}

export interface ReproducedFigure {
  /** As the paper numbers it, such as `4a`; different from the others. */
  readonly id: string;
  readonly title: string;
  /** What the paper says, in a sentence or two. */
  readonly claim: string;
  /** Who says so. Default `The paper`. */
  readonly source?: string;
  /** Data, models and sizes, a sentence each. */
  readonly setup: readonly string[];
  /** How the verdict follows from the numbers, in words. */
  readonly rule: string;
  readonly verdict: Verdict;
  /** Why it was not run, or what else made the verdict. */
  readonly reason?: string;
  /** The rule applied to each setting that was tried, that of the paper first. */
  readonly settings: readonly FigureSetting[];
  /** Checks that the verdict does not depend on. */
  readonly observations?: readonly FigureCheck[];
  readonly tables: readonly NumberTable[];
  readonly plots: readonly FigurePlot[];
  /** A sentence each. */
  readonly notes?: readonly string[];
  readonly failed?: readonly FailedRun[];
  /** The recipe, shown as JSON. */
  readonly config?: unknown;
}

/** A setting, such as the start of the paper, and what the rule says of it. */
export interface FigureSetting {
  readonly name: string;
  readonly passed: boolean;
  readonly checks: readonly FigureCheck[];
}

/** A number that has to stay within a bound. */
export interface FigureCheck {
  /** What the number is, in words. */
  readonly says: string;
  readonly value: Spread;
  /** In words, such as `at most 1.02`. */
  readonly bound: string;
  readonly passed: boolean;
}

export interface NumberTable {
  readonly title: string;
  readonly unit?: string;
  readonly columns: readonly string[];
  readonly rows: readonly NumberRow[];
}

export interface NumberRow {
  readonly name: string;
  /** One a column; `undefined` where nothing was measured. */
  readonly cells: readonly (Spread | undefined)[];
  /** Something to compare with rather than a result. Default false. */
  readonly baseline?: boolean;
}

export interface FailedRun {
  readonly run: string;
  readonly error: string;
}
