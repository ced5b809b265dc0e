export { cachedFlow } from "./cached-flow.ts";
export { type ImageFolderOptions, imageFolder } from "./image-folder.ts";
export { type MnistOptions, mnist, mnistLabels } from "./mnist.ts";
export { type NpyDatasetOptions, npyDataset } from "./npy-dataset.ts";
export { readBytes } from "./read-bytes.ts";
