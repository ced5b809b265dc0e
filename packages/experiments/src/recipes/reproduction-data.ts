import type { Spread } from "../sweep/spread.ts";
import type { FigurePlot } from "./figure-plot-data.ts";

/** Whether the runs show what the paper says. `holds under these settings`: under some of the settings that were tried. */
export type Verdict = "holds" | "holds under these settings" | "does not hold" | "not run";

/** The senses in which a figure is judged: as the paper measures it; and controlled, with all else equal, by concepts in use and compared with noise. */
export const senses = ["paper", "controlled"] as const;
export type Sense = (typeof senses)[number];

/** A paper's figures and what our runs show of them, as plain numbers: no tensors, nothing to dispose of. */
export interface ReproductionData {
  readonly title: string;
  /** Paragraphs below the title. */
  readonly summary?: readonly string[];
  readonly figures: readonly ReproducedFigure[];
}

export interface ReproducedFigure {
  /** Its number in the paper, such as `4a`; unique. */
  readonly id: string;
  readonly title: string;
  /** What the paper says, in a sentence or two. */
  readonly claim: string;
  /** Who says so. Default `The paper`. */
  readonly source?: string;
  /** Data, models and sizes, one sentence each. */
  readonly setup: readonly string[];
  /** One for each sense in which it is judged, the paper's first. */
  readonly verdicts: readonly FigureVerdict[];
  /** Checks that no verdict depends on. */
  readonly observations?: readonly FigureCheck[];
  readonly tables: readonly NumberTable[];
  readonly plots: readonly FigurePlot[];
  /** One paragraph each. */
  readonly notes?: readonly string[];
  readonly failed?: readonly FailedRun[];
  /** The recipe, shown as JSON. */
  readonly config?: unknown;
}

/** A verdict on a figure, and what decided it. */
export interface FigureVerdict {
  readonly sense: Sense;
  readonly verdict: Verdict;
  /** Why it was not run, or what else decided the verdict. */
  readonly reason?: string;
  /** How the numbers decide the verdict, in words. */
  readonly rule: string;
  /** The rule applied to each setting that was tried, the paper's first. */
  readonly settings: readonly FigureSetting[];
}

/** A setting, such as the paper's initialization, and whether the rule holds there. */
export interface FigureSetting {
  readonly name: string;
  readonly passed: boolean;
  readonly checks: readonly FigureCheck[];
}

/** A number that must stay within a bound. */
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
  /** One per column; `undefined` where nothing was measured. */
  readonly cells: readonly (Spread | undefined)[];
  /** Something to compare with rather than a result. Default false. */
  readonly baseline?: boolean;
}

export interface FailedRun {
  readonly run: string;
  readonly error: string;
}
