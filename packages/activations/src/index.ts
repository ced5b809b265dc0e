export type { Activation, ActivationConfig } from "./activation.ts";
export { activationFromConfig, registerActivation } from "./activation-registry.ts";
export { type Codes, type DenseCodes, disposeCodes, type SparseCodes, toDense } from "./codes.ts";
export { type DomainSparsity, keptPoints, type MapSparsityOptions, mapSparsity } from "./map-sparsity.ts";
export { densePreCodes, type EnergyOptions, type PreCodes } from "./pre-codes.ts";
export { relu } from "./relu.ts";
export { topK } from "./top-k.ts";
