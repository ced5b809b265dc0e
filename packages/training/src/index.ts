export { type Checkpoint, type CheckpointPlace, restoreCheckpoint, saveCheckpoint } from "./checkpoint.ts";
export type { ConceptUsage } from "./concept-usage.ts";
export {
  type DataStatistics,
  dataStatistics,
  type NormalizationKind,
  normalizationKinds,
} from "./data-statistics.ts";
export {
  defineExtension,
  type Extension,
  type ExtensionComponent,
  type Training,
  type TrainingStep,
} from "./extension.ts";
export { extensionComponents, extensionsFromConfig, usualExtensions } from "./extension-components.ts";
export { auxiliary } from "./extensions/auxiliary.ts";
export { balance } from "./extensions/balance.ts";
export { deadConcepts } from "./extensions/dead-concepts.ts";
export { locality } from "./extensions/locality.ts";
export { l0, l1 } from "./extensions/penalties.ts";
export { resample } from "./extensions/resample.ts";
export { decodeModel, encodeModel, modelPieces, readModel } from "./model-file.ts";
export { adam } from "./optimizers/adam.ts";
export {
  defineOptimizer,
  type Optimizer,
  type OptimizerComponent,
  type TrainedParameter,
} from "./optimizers/optimizer.ts";
export { optimizerComponents, optimizerFromConfig } from "./optimizers/optimizer-components.ts";
export { sgd } from "./optimizers/sgd.ts";
export { type PrepareOptions, prepareTraining } from "./prepare-training.ts";
export {
  constant,
  cosine,
  defineSchedule,
  linear,
  type Schedule,
  type ScheduleComponent,
  scheduleComponents,
  scheduleFromConfig,
} from "./schedules.ts";
export { type OnStep, type StepRecord, type TrainOptions, train } from "./train.ts";
export { type TrainStepOptions, type TrainStepResult, trainStep } from "./train-step.ts";
export { trainingSchema } from "./training-schema.ts";
export type { StateTensor, TrainingState } from "./training-state.ts";
