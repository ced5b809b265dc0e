export { type ArrayDatasetOptions, arrayDataset, checkFinite } from "./array-dataset.ts";
export { type ArraySchema, arrayComponents, arraySchema, defineArrays } from "./arrays/array-components.ts";
export { type FunctionsOptions, functionsOf, functionsSchemas } from "./arrays/array-functions.ts";
export { type ArraySource, type ContiguousArray, contiguousArray } from "./arrays/array-source.ts";
export { type ArrayDescription, describeArray } from "./arrays/describe-array.ts";
export type { FileAccess } from "./arrays/file-access.ts";
export { openHdf5 } from "./arrays/hdf5.ts";
export type { Hdf5Library } from "./arrays/hdf5-library.ts";
export { type AxesRead, type LayoutName, type LayoutOptions, readAxes } from "./arrays/layout.ts";
export { bytesOf, decodeNumbers, type Numbers, type NumberType } from "./arrays/numbers.ts";
export { recognize } from "./arrays/recognize.ts";
export { openZarr, type ZarritaPackage } from "./arrays/zarr.ts";
export { urlZarrStore, type ZarrRange, type ZarrStore } from "./arrays/zarr-store.ts";
export { zipZarrStore } from "./arrays/zarr-zip.ts";
export { type Batch, type BatchOptions, batches } from "./batches.ts";
export { type ByteSource, blobBytes, isUrl, memoryBytes, urlBytes } from "./bytes/byte-source.ts";
export { pageFiles } from "./bytes/page-files.ts";
export {
  dataSourceText,
  dataSourceUsage,
  findDataset,
  knownDatasets,
  parseDataSource,
} from "./components/data-source.ts";
export { datasetComponents } from "./components/dataset-components.ts";
export {
  type DatasetComponent,
  type DatasetContext,
  type DatasetDefinition,
  type DatasetShorthand,
  defineDataset,
  type OpenedParts,
  type SampleLike,
} from "./components/define-dataset.ts";
export {
  asVectors,
  type DataConfig,
  type DataPart,
  type OpenDataOptions,
  type OpenedData,
  openDataset,
  type TestSource,
} from "./components/open-dataset.ts";
export { type DataParts, partsSchema } from "./components/parts.ts";
export type { Dataset, KnownDataset, KnownDictionary, Labels, Reading, SampleImages, SampleOrigin } from "./dataset.ts";
export { type IdxArray, parseIdx } from "./formats/idx.ts";
export { encodeNpy, type NpyArray, npyHeader, openNpy, parseNpy } from "./formats/npy.ts";
export { encodeNpz, type NpzArray, openNpz } from "./formats/npz.ts";
export {
  encodeSafetensors,
  openSafetensors,
  parseSafetensors,
  type RemoteTensor,
  type Safetensors,
  type SafetensorsForm,
  type SafetensorsSource,
  type SafetensorsTensor,
  type SafetensorsType,
  type StoredTensor,
  safetensorsHeader,
} from "./formats/safetensors.ts";
export { openTensor } from "./formats/safetensors-array.ts";
export { type FlowOptions, flow, flowDataset } from "./generators/flow.ts";
export { type FlowSimulationOptions, type FlowSpectra, simulateFlow } from "./generators/flow-simulation.ts";
export { type ShapesOptions, shapes } from "./generators/shapes.ts";
export { type SparseFunctionsOptions, sparseFunctions } from "./generators/sparse-functions.ts";
export { type SparseVectorsOptions, sparseVectors } from "./generators/sparse-vectors.ts";
export { type DataProgress, type DataReporter, delayedProgress } from "./reporter.ts";
export { windowedOrder } from "./shuffle.ts";
export { concatenate } from "./transforms/concatenate.ts";
export { flatten } from "./transforms/flatten.ts";
export { type ModeFloor, modeFloors } from "./transforms/mode-floors.ts";
export { remembered } from "./transforms/remembered.ts";
export { datasetOn, resampleDataset } from "./transforms/resample.ts";
export { type RotateOptions, rotateDataset, rotateFunctions } from "./transforms/rotate.ts";
export { split, subset } from "./transforms/subset.ts";
export { constantChannels, whiten } from "./transforms/whiten.ts";
