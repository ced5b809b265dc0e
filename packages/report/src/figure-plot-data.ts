import type { ReportAtoms } from "./report-data.ts";
import type { Spread } from "./spread.ts";

/** A picture of a figure. Curves and groups of one name have one color in all pictures of a figure. */
export type FigurePlot = CurvesPlot | HistogramsPlot | DistributionsPlot | SortedPlot | AtomsPlot;

export interface PlotAxis {
  readonly label: string;
  /** Logarithmic: what is not positive is left out. Default false. */
  readonly log?: boolean;
}

/** A value to compare with, as a labeled line across the picture. */
export interface ReferenceX {
  readonly name: string;
  readonly x: number;
}

export interface ReferenceY {
  readonly name: string;
  readonly y: number;
}

/** Lines of means, each on a band from the lowest to the highest. */
export interface CurvesPlot {
  readonly kind: "curves";
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly curves: readonly Curve[];
  readonly references?: readonly ReferenceY[];
}

export interface Curve {
  readonly name: string;
  /** Default false. */
  readonly dashed?: boolean;
  /** By rising x. */
  readonly points: readonly { readonly x: number; readonly y: Spread }[];
}

/** Histograms below each other on the same axes, as shares of the values of each group. */
export interface HistogramsPlot {
  readonly kind: "histograms";
  readonly title: string;
  /** Of the values. */
  readonly label: string;
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly references?: readonly ReferenceX[];
}

/** How values are distributed as something changes: for each group side by side a box (5, 25, 50, 75 and 95 %) at every `x`. */
export interface DistributionsPlot {
  readonly kind: "distributions";
  readonly title: string;
  /** Of the values. */
  readonly label: string;
  /** What changes along a group. */
  readonly x: string;
  readonly groups: readonly DistributionGroup[];
  readonly references?: readonly ReferenceY[];
}

export interface DistributionGroup {
  readonly name: string;
  readonly boxes: readonly { readonly x: string; readonly values: readonly number[] }[];
}

/** Values sorted falling, as of the use of concepts. */
export interface SortedPlot {
  readonly kind: "sorted";
  readonly title: string;
  /** Of the ranks, such as `rank of the concept` or `share of concepts`. */
  readonly x: string;
  readonly y: PlotAxis;
  readonly curves: readonly SortedCurve[];
  /** Ranks as a share of the values of each curve, so that dictionaries of different sizes compare. Default false. */
  readonly normalized?: boolean;
}

export interface SortedCurve {
  readonly name: string;
  /** In any order. */
  readonly values: readonly number[];
}

/** Atoms as small pictures, the most used first unless they have an order. */
export interface AtomsPlot {
  readonly kind: "atoms";
  readonly title: string;
  readonly caption?: string;
  readonly atoms: ReportAtoms;
  /** The share of samples that use each concept, `[K]`. */
  readonly utilization?: readonly number[];
  /** Atoms shown, at most. */
  readonly count: number;
  /** Pictures in a row, at most. Default: what the page has room for. */
  readonly columns?: number;
}
