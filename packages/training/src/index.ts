export { type AdamOptions, adam } from "./adam.ts";
export { decodeModel, encodeModel } from "./model-file.ts";
export type { Optimizer, TrainedParameter } from "./optimizer.ts";
export { prepareTraining } from "./prepare-training.ts";
export { type ScheduleName, type ScheduleOptions, schedule, scheduleNames } from "./schedule.ts";
export { sgd } from "./sgd.ts";
export { type StepRecord, type TrainOptions, train } from "./train.ts";
export { type TrainStepOptions, trainStep } from "./train-step.ts";
