export { type Harvest, type HarvestOptions, type HarvestStore, harvest } from "./data/harvest.ts";
export { type MapsOptions, mapsOf, readInput } from "./data/maps-of.ts";
export {
  type InputOptions,
  inputOptions,
  type NetworkImages,
  networkData,
  openNetworkImages,
} from "./data/network-data.ts";
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
