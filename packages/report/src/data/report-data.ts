import type { Grid } from "@saeno/backend";
import type { FoundConcept, RunEvaluation, ShownAtoms, TrainingEnd } from "@saeno/experiments";
import type { KeptEffects } from "@saeno/inspect";
import type { AtomStatistics, Evaluation, ResolutionError, UseStatistics } from "@saeno/metrics";
import type { PhotographFile } from "../concepts/photograph.ts";

/** Everything a report shows, as plain numbers: no tensors, nothing to dispose of. */
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
  /** What `evaluate` of @saeno/metrics returns; what `evaluateModel` of @saeno/experiments adds is shown, too. */
  readonly evaluation: ReportEvaluation;
  /** How its training ended, if it was trained. */
  readonly training?: ReportTraining;
  /** What deserves a look in the data, a sentence each. */
  readonly warnings?: readonly string[];
  /** Marked in the resolution plot. Default: the grid of the evaluation. */
  readonly trainingGrid?: Grid;
  readonly atoms: ReportAtoms;
  /** What `atomStatistics` of @saeno/metrics returns. */
  readonly atomStatistics: Pick<AtomStatistics, "hoyer" | "hoyerBaseline" | "cosines" | "coherence">;
  /** The error on grids besides that of the evaluation. */
  readonly resolution?: readonly ReportResolution[];
  readonly samples?: readonly ReportSample[];
  /** Its counterparts of the concepts that its data was made from, if those are known. */
  readonly found?: readonly FoundConcept[];
  /** What its concepts cost to lose, if that was measured. */
  readonly costs?: ReportCosts;
  /** What its concepts do to the outputs of the network whose maps its samples are; the newest first. */
  readonly effects?: readonly KeptEffects[];
  /** What people call its concepts. */
  readonly names?: ReadonlyMap<number, string>;
  /** The places of the pages of its concepts, for those that have one. */
  readonly pages?: ReadonlyMap<number, string>;
}

/** How much the squared error of a sample rises without a concept (`indexConcepts` of @saeno/inspect). */
export interface ReportCosts {
  /** The samples that they were measured on, in words. */
  readonly measuredOn: string;
  /** The mean of `|x - x_hat|^2` and of `|x|^2`. */
  readonly error: number;
  readonly power: number;
  /** Of each concept. */
  readonly values: readonly number[];
}

/** Selectivity and the like follow from `utilization`; a budget that is not given, from `codeEntries` and the atoms. */
export interface ReportEvaluation
  extends Omit<Evaluation, keyof UseStatistics | "budget">,
    Partial<
      Pick<
        RunEvaluation,
        "budget" | "measuredOn" | "lowPassError" | "trainError" | "baselines" | "labels" | "stability"
      >
    > {}

export interface ReportTraining extends TrainingEnd {
  readonly seed?: number;
  /** Flags that bring dead concepts back into use and were not set, such as `--balance`. */
  readonly remedies?: readonly string[];
  /** A command that trains it with other seeds. */
  readonly moreSeeds?: string;
}

export interface ReportResolution extends Pick<ResolutionError, "grid" | "relativeError"> {
  /** The error of reconstructions on the grid of the data, interpolated to this one. */
  readonly interpolatedError?: number;
  /** For a grid too coarse for all frequencies of the model: those that it holds, and the error of samples without the others. */
  readonly truncated?: { readonly modes: readonly number[]; readonly floor: number };
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
  /** Concepts that were active in none of the last `deadAfter` samples. */
  readonly deadConcepts?: number;
  readonly deadAfter?: number;
  /** How far the atoms were from those that generated the data, `sqrt(1 - cos^2)`, if that was measured. */
  readonly recoveryError?: number;
}

export type ReportAtoms = ShownAtoms;

/** A sample decomposed into its concepts. */
export interface ReportSample {
  /** Which one it is: `Sample 1012 of flow:32`. Default its place in the list. */
  readonly name?: string;
  /** `[...N, C]`, row by row. */
  readonly input: Float32Array;
  /** `[...N, C]`. */
  readonly reconstruction: Float32Array;
  /** Empty for vectors, whose coordinates are then the channels. */
  readonly grid: Grid;
  readonly channels: number;
  /** The active concepts. */
  readonly concepts: readonly ReportConcept[];
  /** The image that it is a map of. */
  readonly photograph?: {
    readonly file: PhotographFile;
    /** Its points on each axis, and how many of them a point of the map sees. */
    readonly grid: Grid;
    readonly receptiveField?: readonly number[];
  };
  /** The energy of the whole code, when `concepts` lists only part of it. Default: the sum of theirs. */
  readonly codeEnergy?: number;
}

export interface ReportConcept {
  readonly concept: number;
  /** The feature map on the sample's grid; for a model of vectors, a single number. */
  readonly map: Float32Array;
  /** How much it adds to the reconstruction at each point of the grid (`placesOf` of `@saeno/inspect`). Default: the magnitudes of the map. */
  readonly where?: Float32Array;
  /** `||z_k||^2`, the mean square over the grid. */
  readonly energy: number;
}
