export { completeName, disposeOutputs, type Network, type NetworkLayer, type Outputs } from "./network.ts";
export {
  defineNetworkKind,
  type NetworkComponent,
  type NetworkOptions,
  networkKinds,
  openNetwork,
} from "./open-network.ts";
export { defineNetwork, type OwnNetworkOptions, type Tap } from "./own-network.ts";
export { type Preprocessing, type PreprocessingOptions, preprocess } from "./preprocessing.ts";
