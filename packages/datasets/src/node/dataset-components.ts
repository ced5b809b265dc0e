import { arrayComponents } from "../arrays/array-components.ts";
import type { DatasetComponent } from "../components/define-dataset.ts";
import { cachedFlowComponent } from "./cached-flow.ts";
import { imageComponent } from "./images/image-file.ts";
import { imagesComponent } from "./images/image-folder.ts";
import { mnistComponent } from "./mnist.ts";
import { nodeFiles } from "./node-files.ts";
import { hdf5Component, zarrComponent } from "./stored-arrays.ts";

/** Data that Node reads from files, and flow that is cached in one. Make it known with `register(...nodeDatasetComponents)`. */
export const nodeDatasetComponents: readonly DatasetComponent[] = [
  mnistComponent,
  imagesComponent,
  imageComponent,
  ...arrayComponents(nodeFiles),
  hdf5Component,
  zarrComponent,
  cachedFlowComponent,
];
