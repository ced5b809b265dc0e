import type { ShownAtoms } from "../run/shown-atoms.ts";
import type { Spread } from "../sweep/spread.ts";

/**
 * A plot: the kind of figure that draws it, its title, and the options of that kind. Curves and groups of one name have one color in
 * all plots that are drawn together.
 */
export type FigurePlot = CurvesPlot | HistogramsPlot | DistributionsPlot | SortedPlot | AtomsPlot | OtherPlot;

/** A plot of a registered figure, whose options its own type describes. */
export interface OtherPlot {
  readonly kind: string;
  readonly title: string;
}

/** The options of a plot, which its figure reads. */
export type OptionsOf<Plot extends OtherPlot> = Omit<Plot, "kind" | "title">;

export interface PlotAxis {
  readonly label: string;
  /** Logarithmic: values that are not positive are left out. Default false. */
  readonly log?: boolean | undefined;
  /** Reaches zero even if that is far; for axes that are not logarithmic. Default false. */
  readonly zero?: boolean | undefined;
  /** Ticks with labels of their own. Default: round numbers, or the values themselves where they are few. */
  readonly ticks?: readonly { readonly value: number; readonly label: string }[] | undefined;
}

/** A value to compare with, drawn as a dashed line across the plot. */
export interface ReferenceX {
  readonly name: string;
  readonly x: number;
}

export interface ReferenceY {
  readonly name: string;
  readonly y: number;
}

/** Lines of values, or of means each on a band from the lowest to the highest. */
export interface CurvesPlot {
  readonly kind: "curves";
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly curves: readonly Curve[];
  readonly references?: readonly (ReferenceX | ReferenceY)[] | undefined;
  /** Values that are shaded across the plot. */
  readonly band?: PlotBand | undefined;
  /** Takes the whole width of the page. Default false. */
  readonly wide?: boolean | undefined;
}

export interface Curve {
  readonly name: string;
  /** Default false. */
  readonly dashed?: boolean | undefined;
  /** Thin and pale, as the ground of another curve of this name. Default false. */
  readonly faint?: boolean | undefined;
  /** By rising x. */
  readonly points: readonly { readonly x: number; readonly y: number | Spread }[];
}

/** Histograms below one another on the same axes, as shares of the values of each group. */
export interface HistogramsPlot {
  readonly kind: "histograms";
  readonly title: string;
  /** What the values are. */
  readonly label: string;
  readonly groups: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Those with a group lie across the histogram of that group only. */
  readonly references?: readonly (ReferenceX & { readonly group?: string | undefined })[] | undefined;
  /** What the x axis holds; values outside count for the nearest bin. Default: all values. */
  readonly domain?: readonly [low: number, high: number] | undefined;
  /** How many bins. Default: more for more values. */
  readonly bins?: number | undefined;
}

/** How values are distributed as something changes: for each group a box (5, 25, 50, 75 and 95%) at every `x`. */
export interface DistributionsPlot {
  readonly kind: "distributions";
  readonly title: string;
  /** What the values are. */
  readonly label: string;
  /** What changes along a group. */
  readonly x: string;
  readonly groups: readonly DistributionGroup[];
  readonly references?: readonly ReferenceY[] | undefined;
}

export interface DistributionGroup {
  readonly name: string;
  readonly boxes: readonly { readonly x: string; readonly values: readonly number[] }[];
}

/** Values between two bounds, and what they are called. */
export interface PlotBand {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Values in falling order, such as the utilization of concepts. */
export interface SortedPlot {
  readonly kind: "sorted";
  readonly title: string;
  /** What the ranks are, such as `rank of the concept` or `share of concepts`. */
  readonly x: string;
  readonly y: PlotAxis;
  readonly curves: readonly SortedCurve[];
  /** Ranks as a share of the values of each curve, so that dictionaries of different sizes compare. Default false. */
  readonly normalized?: boolean | undefined;
  /** Values that are shaded across the plot. */
  readonly band?: PlotBand | undefined;
  /** Takes the whole width of the page. Default false. */
  readonly wide?: boolean | undefined;
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
  readonly caption?: string | undefined;
  readonly atoms: ShownAtoms;
  /** The share of samples that use each concept, `[K]`. */
  readonly utilization?: readonly number[] | undefined;
  /** How many atoms are shown, at most. */
  readonly count: number;
  /** How many pictures stand in a row, at most. Default: as many as the page has room for. */
  readonly columns?: number | undefined;
}
