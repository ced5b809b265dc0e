export {
  type Activation,
  type ActivationComponent,
  type ActivationConfig,
  type ActivationContext,
  type ApplyOptions,
  defineActivation,
  type ScalarRule,
} from "./activation.ts";
export { activationComponents, activationFromConfig, findActivation } from "./activation-components.ts";
export { activeEntries, type Entries } from "./active-entries.ts";
export { type BalancedActivation, balanced, isBalanced } from "./balanced.ts";
export { batchTopK } from "./batch-top-k.ts";
export { usualActive } from "./checks.ts";
export { type Codes, type DenseCodes, disposeCodes, type SparseCodes, toDense } from "./codes.ts";
export type { ConceptSparsity } from "./concept-sparsity.ts";
export { type DomainSparsity, keptPoints } from "./domain-sparsity.ts";
export { hardThreshold } from "./hard-threshold.ts";
export { type JumpReluOptions, jumpRelu } from "./jump-relu.ts";
export type { ThresholdRule } from "./learned-threshold.ts";
export { type MapSparsityOptions, mapOptions, mapSparsity, usualBudget } from "./map-sparsity.ts";
export {
  densePreCodes,
  type EnergyOptions,
  entriesOf,
  type PreCodes,
  type SampleRange,
  samplesOf,
} from "./pre-codes.ts";
export { relu } from "./relu.ts";
export type { LearnedScale, MeasuredOptions, Scale } from "./scale.ts";
export { softThreshold } from "./soft-threshold.ts";
export { spade, sparsemax } from "./spade.ts";
export { topK } from "./top-k.ts";
