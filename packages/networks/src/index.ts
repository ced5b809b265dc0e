export type { ConceptEffect, ConceptEffects } from "@saeno/inspect";
export {
  type CircuitLink,
  type CircuitOptions,
  type ConceptCircuit,
  conceptCircuit,
} from "./causes/concept-circuit.ts";
export { conceptEffects, type EffectsOptions } from "./causes/concept-effects.ts";
export { type EditedOutput, type EditedOutputOptions, editedOutput } from "./causes/edited-output.ts";
export { registerGradientKernels } from "./causes/gradient-kernels.ts";
export { rankCorrelation } from "./causes/rank-correlation.ts";
export { type Harvest, type HarvestOptions, type HarvestStore, harvest } from "./data/harvest.ts";
export { harvestedImages } from "./data/harvested-images.ts";
export { type MapsOptions, mapsOf, readInput } from "./data/maps-of.ts";
export {
  type InputOptions,
  inputOptions,
  type NetworkImages,
  networkData,
  openNetworkImages,
  openNetworkLayer,
  readClasses,
} from "./data/network-data.ts";
export {
  type Fidelity,
  type FidelityOptions,
  fidelity,
  type OutputChange,
  type OutputFidelity,
  type Replacement,
  reconstruct,
} from "./fidelity.ts";
export {
  checkComparable,
  completeName,
  disposeOutputs,
  type Network,
  type NetworkLayer,
  type Outputs,
  type Tail,
} from "./network.ts";
export {
  defineNetworkKind,
  type NetworkComponent,
  type NetworkOptions,
  networkFiles,
  networkKinds,
  openNetwork,
} from "./open-network.ts";
export { defineNetwork, type OwnNetworkOptions, type Tap } from "./own-network.ts";
export { type Preprocessing, type PreprocessingOptions, preprocess } from "./preprocessing.ts";
