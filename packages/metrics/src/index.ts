export {
  type AtomStatistics,
  type AtomStatisticsOptions,
  atomStatistics,
  statisticsOf,
} from "./atoms/atom-statistics.ts";
export { type AtomSummary, atoms, type PairSummary, type SpreadSummary, summarizeAtoms } from "./atoms/atom-summary.ts";
export { shiftCosines } from "./atoms/correlation-peaks.ts";
export { gramConditionNumber, mutualCoherence, pairwiseCosines } from "./atoms/cosines.ts";
export { atomExtents, energyExtent } from "./atoms/extent.ts";
export { type HoyerNoiseBaselineOptions, hoyer, hoyerNoiseBaseline, hoyerScores } from "./atoms/hoyer.ts";
export { type Baselines, baselines, evenIndices, evenSubset } from "./baselines/baselines.ts";
export { principalAxes } from "./baselines/principal-axes.ts";
export {
  type CodeAccumulator,
  type CodeStatistics,
  codeAccumulator,
  codeStatistics,
  codes,
  conceptsInUseMetric,
  type DatasetCodes,
} from "./codes/code-accumulator.ts";
export {
  conceptsForShare,
  conceptsInUse,
  deadConcepts,
  selectiveBand,
  selectiveConcepts,
  type UseStatistics,
  useStatistics,
} from "./codes/concepts-in-use.ts";
export {
  type LabelAccumulator,
  type LabeledClass,
  type LabeledConcept,
  type LabelSpread,
  type LabelStatistics,
  labelAccumulator,
  labels,
} from "./codes/labels.ts";
export { type ErrorAccumulator, type ErrorMetrics, errorAccumulator, errors } from "./errors/error-accumulator.ts";
export { errorMetrics, mse, r2, relativeError } from "./errors/error-metrics.ts";
export { interpolatedError } from "./errors/interpolated-error.ts";
export { lowPassFloor } from "./errors/low-pass-floor.ts";
export { type Evaluated, type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export { type ConceptMatch, type MatchOptions, matchConcepts } from "./matching/match-concepts.ts";
export { knownAtoms, type Recovery, recovery, recoveryError, unmatchedError } from "./matching/recovery.ts";
export {
  type AtomComparison,
  type BestMatch,
  type ConceptUse,
  checkComparable,
  comparableAtoms,
  compareAtoms,
  type Stability,
  stability,
  stabilityOf,
  stabilityOfAtoms,
  type UsedModel,
} from "./matching/stability.ts";
export {
  defineMetric,
  type EvaluatedBatch,
  type EvaluatedModel,
  type MapSums,
  type Measurement,
  type Metric,
  type MetricComponent,
} from "./metric.ts";
export { metricComponents, metricFromConfig } from "./metric-components.ts";
export { type ResolutionError, resolutionSweep } from "./resolution-sweep.ts";
