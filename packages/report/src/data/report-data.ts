import type { Grid } from "@saeno/backend";
import type { ShownAtoms } from "@saeno/experiments";
import type { AtomStatistics, Evaluation, ResolutionError } from "@saeno/metrics";

/** Everything a report shows, as plain numbers: no tensors, and nothing is disposed. */
export interface ReportData {
  readonly title: string;
  /** The run and its data in words, one paragraph each. */
  readonly summary?: readonly string[];
  /** Shown as JSON at the end. */
  readonly config?: unknown;
  /** Compared side by side, in this order. */
  readonly models: readonly ReportModel[];
}

export interface ReportModel {
  /** Its name in every picture; unique. */
  readonly name: string;
  /** At most one record per step. */
  readonly history?: readonly HistoryRecord[];
  /** What `evaluate` of @saeno/metrics returns. */
  readonly evaluation: Evaluation;
  /** Marked in the resolution plot. Default: the grid of the evaluation. */
  readonly trainingGrid?: Grid;
  readonly atoms: ReportAtoms;
  /** What `atomStatistics` of @saeno/metrics returns. */
  readonly atomStatistics: Pick<AtomStatistics, "hoyer" | "hoyerBaseline" | "cosines" | "coherence">;
  /** The error on grids besides that of the evaluation. */
  readonly resolution?: readonly Pick<ResolutionError, "grid" | "relativeError">[];
  readonly samples?: readonly ReportSample[];
}

/** One step of training, as @saeno/training records it. */
export interface HistoryRecord {
  readonly step: number;
  readonly loss: number;
  /** `||x - x_hat|| / ||x||` of the batch. */
  readonly relativeError: number;
  readonly learningRate?: number;
  /** How many different concepts were active somewhere in the batch. */
  readonly activeConcepts?: number;
  /** How far the atoms were from those that generated the data, `sqrt(1 - cos^2)`, where it was measured. */
  readonly recoveryError?: number;
}

export type ReportAtoms = ShownAtoms;

/** A sample decomposed into its concepts. */
export interface ReportSample {
  /** `[...N, C]`, row by row. */
  readonly input: Float32Array;
  /** `[...N, C]`. */
  readonly reconstruction: Float32Array;
  /** Empty for vectors, whose coordinates are then the channels. */
  readonly grid: Grid;
  readonly channels: number;
  /** The active concepts. */
  readonly concepts: readonly ReportConcept[];
  /** The energy of the whole code, when `concepts` lists only part of it. Default: the sum of theirs. */
  readonly codeEnergy?: number;
}

export interface ReportConcept {
  readonly concept: number;
  /** The feature map on the sample's grid; for a model of vectors, a single number. */
  readonly map: Float32Array;
  /** `||z_k||^2`, the mean square over the grid. */
  readonly energy: number;
}
