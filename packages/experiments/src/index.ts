export { messageOf } from "@saeno/backend";
export { type AtomSummary, conceptsInUse, type PairSummary, type SpreadSummary } from "@saeno/metrics";
export {
  type BackendRace,
  type Contenders,
  challengerWins,
  fasterBackend,
  type MeasuredModel,
  measuredModels,
  measuredSteps,
  pageMemory,
  type RaceMemory,
  raceBackends,
  raceOf,
  recallRace,
  rememberRace,
  type StepTimes,
  stepTimes,
  takesChallenger,
} from "./backend-race.ts";
export type { Settings } from "./configuration/config-files.ts";
export { withDataPaths } from "./configuration/data-paths.ts";
export { type Option, optionsOf, readValue } from "./configuration/options.ts";
export {
  dataName,
  dataTitle,
  modelKind,
  modelName,
  type RunConfig,
  resolveRunConfig,
} from "./configuration/run-config.ts";
export { type RunModel, runModelOf } from "./configuration/run-model.ts";
export type { Measures, RunTraining } from "./configuration/run-parts.ts";
export { flagOf, runSettings, type Setting } from "./configuration/settings.ts";
export { gridName, gridOf } from "./data/grids.ts";
export type * from "./executor/executor.ts";
export { type InProcessOptions, inProcessExecutor } from "./executor/in-process-executor.ts";
export { type RunWorker, serveRuns, type WorkerOptions, workerExecutor } from "./executor/worker-executor.ts";
export { buildModel, type ModelContext } from "./model/build-model.ts";
export { demonstration, demonstrationSettings } from "./recipes/demonstration.ts";
export type * from "./recipes/figure-plot-data.ts";
export type * from "./recipes/reproduction-data.ts";
export { type Progress, type Reporter, silent } from "./reporter.ts";
export {
  type EvaluationRequest,
  evaluateModel,
  type GridError,
  type NamedModel,
  type RotationError,
  type RunEvaluation,
  type RunStability,
  samplesInWords,
  type Truncation,
} from "./run/evaluation.ts";
export {
  type FoundConcept,
  foundConcepts,
  type Recovery,
  type RecoveryExtension,
  type RecoveryOptions,
  recovery,
} from "./run/recovery.ts";
export {
  type BegunTraining,
  type Experiment,
  type ExperimentOptions,
  type ExperimentSummary,
  openDataFor,
  runExperiment,
  type StartedExperiment,
  type TrainedExperiment,
  type TrainingMoment,
} from "./run/run-experiment.ts";
export { numberLabel, type RunSummary, runNumber, runNumbers } from "./run/run-numbers.ts";
export { type RunRecord, type RunTrainingOptions, runTraining } from "./run/run-training.ts";
export { type ShownAtoms, shownAtoms } from "./run/shown-atoms.ts";
export { interruptionInWords, type TrainingEnd, trainingEnd } from "./run/training-end.ts";
export { browserStore } from "./runs/browser-store.ts";
export { conceptNames } from "./runs/concept-names.ts";
export {
  type LoadedModel,
  type LoadedRun,
  type LoadRunOptions,
  loadConfig,
  loadModel,
  loadRun,
  notFound,
  type RunHistory,
  readEvaluation,
  readHistory,
  readSummary,
} from "./runs/load-run.ts";
export { type CheckpointOptions, newestCheckpoint } from "./runs/run-checkpoints.ts";
export { type RunSetOptions, runSet, type SetOutcome, type Shard } from "./runs/run-set.ts";
export {
  type MemoryStore,
  memoryStore,
  type NearbyRuns,
  type RunDraft,
  type RunFile,
  type RunStore,
  runExists,
  runLocked,
} from "./runs/run-store.ts";
export {
  begunRun,
  finishedRun,
  jsonOf,
  type RunIntoOptions,
  recordOf,
  runInto,
  saenoVersion,
} from "./runs/save-run.ts";
export { type StepLog, tensorBoardLog } from "./runs/tensorboard.ts";
export {
  type PlannedVariation,
  planSweep,
  runSweep,
  type SweepOptions,
  type SweepPlanOptions,
} from "./sweep/run-sweep.ts";
export { type Spread, spreadOf } from "./sweep/spread.ts";
export type * from "./sweep/sweep-data.ts";
export {
  combinations,
  drawFrom,
  type FieldValues,
  parseVary,
  type SweptField,
  type Variation,
  valueText,
  variationName,
} from "./sweep/sweep-space.ts";
