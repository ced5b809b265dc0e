import type { Grid } from "@saeno/backend";

/** What `indexConcepts` found about a model on a dataset. Norms of functions are means over the grid. */
export interface IndexHeader {
  /** `modelHash` of the model. */
  readonly model: string;
  /** What the dataset is called. */
  readonly data: string;
  readonly samples: number;
  readonly grid: Grid;
  readonly channels: number;
  /** `maps` if a code has a place on the grid. */
  readonly codes: "scalar" | "maps";
  /** The cells that mean maps are on: the grid of the data, or a coarser one. `[]` for scalar codes. */
  readonly siteGrid: Grid;
  /** The mean of `|x - x_hat|^2` and of `|x|^2` over samples, to compare costs with. */
  readonly error: number;
  readonly power: number;
  /** The names of the classes by value, if labels have names. */
  readonly labelNames?: readonly string[];
}

/** A concept in a few numbers. */
export interface ConceptSummary {
  readonly concept: number;
  /** In how many samples it is active, with any nonzero entry in its map. */
  readonly count: number;
  /** The share of samples in which it is active. */
  readonly share: number;
  readonly energy: EnergySummary;
  /**
   * How much the squared error of a sample rises without it, as the mean over all samples: exactly what decoding without its part of the code adds.
   * Negative if it does harm.
   */
  readonly cost: number;
  /** Where it is on the domain; absent if codes are scalar. */
  readonly site?: Site;
  /** What it tells about labels (`labels` of @saeno/metrics); absent if there are none, or if it is never active. */
  readonly label?: ConceptLabel;
  readonly atom: AtomDescription;
}

/** Of `|z_k|^2`. */
export interface EnergySummary {
  /** The mean over all samples. */
  readonly mean: number;
  /** The energies below which these shares (`quantileShares`) of the samples with the concept are: good to 0.55 %, the ends exact. */
  readonly quantiles: readonly number[];
}

/** The shares of the quantiles of an energy. */
export const quantileShares: readonly number[] = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1];

export interface Site {
  /** The mean of the energy's place on each axis of the torus, in [0, 1). */
  readonly center: readonly number[];
  /** On each axis, from 0 for energy that is equal everywhere to 1 for a single place. */
  readonly concentration: readonly number[];
  /** The smallest share of the cells that holds 90 % of the energy. */
  readonly extent: number;
}

export interface ConceptLabel {
  /** The class that it tells best from the others. */
  readonly label: number;
  readonly auc: number;
  /** The mutual information of label and activity, in bits. */
  readonly information: number;
}

/** The atom on the grid of the data, in the units of the data. */
export interface AtomDescription {
  readonly hoyer: number;
  /** The smallest share of the points, and of the frequencies, that holds 90 % of the energy; absent for vectors. */
  readonly extent?: number;
  readonly bandwidth?: number;
  /** The frequency of most energy, in cycles of the domain on each axis; absent for vectors. */
  readonly frequency?: readonly number[];
  /** For atoms on two axes, the angle of their waves, in [0, pi), from the last axis to the first, and how much it stands out, from 0 (not at all) to 1. */
  readonly orientation?: number;
  readonly anisotropy?: number;
  /** The strongest channels (vectors: coordinates), at most `mostChannels`, and their share of the energy. */
  readonly channels: readonly ChannelShare[];
}

export interface ChannelShare {
  readonly channel: number;
  readonly share: number;
}

/** Channels that a description names, at most. */
export const mostChannels = 8;

/** A sample in which a concept is active. */
export interface SampleRecord {
  /** Its index in the dataset. */
  readonly sample: number;
  readonly energy: number;
  /** How the squared error of this sample rises without the concept. */
  readonly cost: number;
  /** The share of the active samples that have no more energy; for samples drawn by quantile. */
  readonly quantile?: number;
  /** Absent if codes are scalar. */
  readonly where?: Where;
}

/** Where a map is. */
export interface Where {
  /** The largest entries in magnitude that are not next to one another, at most `mostPeaks`. */
  readonly peaks: readonly Peak[];
  readonly box: Box;
}

export interface Peak {
  /** Flat and row-major on the grid. */
  readonly position: number;
  readonly value: number;
}

/** Peaks that are kept of a map, at most. */
export const mostPeaks = 4;

/** On each axis of the torus, the fewest consecutive points that hold 90 % of the energy. */
export interface Box {
  readonly from: readonly number[];
  readonly size: readonly number[];
}

/** Another concept that is active in the same samples. */
export interface Coactive {
  readonly concept: number;
  /** The samples in which both are active. */
  readonly count: number;
  /** How many times as often as they would if they were independent. */
  readonly lift: number;
  /** The cosine of their mean maps, in [0, 1]; NaN if codes are scalar. */
  readonly overlap: number;
}

/** How many energies lie between which, in the samples where the concept is active: `counts[i]` of them in `edges[i] <= e < edges[i + 1]`. */
export interface EnergyHistogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Everything about a concept. */
export interface IndexedConcept extends ConceptSummary {
  readonly histogram: EnergyHistogram;
  /** The samples of most energy, that of most first. */
  readonly top: readonly SampleRecord[];
  /** Samples spread evenly over the quantiles of its energy, by rising energy. */
  readonly drawn: readonly SampleRecord[];
  /** The concepts that are active together with it most beyond chance, most first. */
  readonly coactive: readonly Coactive[];
  /** The mean over samples of the energy of its map by cell of `siteGrid`; they sum to the mean energy. Absent if codes are scalar. */
  readonly map?: Float32Array;
}

/** The whole index, as it is made. A file of it is read by concept (`openIndex`). */
export interface ConceptIndex extends IndexHeader {
  readonly concepts: readonly IndexedConcept[];
}
