export { cachedFlow } from "./cached-flow.ts";
export { type DataFiles, dataFiles } from "./data-files.ts";
export { type FetchFileOptions, type FetchOptions, fetchFile } from "./fetch-file.ts";
export { type FetchMnistOptions, fetchMnist } from "./fetch-mnist.ts";
export { type FetchPhotographsOptions, fetchPhotographs } from "./fetch-photographs.ts";
export { type ImageFolderOptions, imageFolder } from "./image-folder.ts";
export { type MnistOptions, mnist, mnistLabels } from "./mnist.ts";
export { type NpyDatasetOptions, npyDataset } from "./npy-dataset.ts";
export { readBytes } from "./read-bytes.ts";
