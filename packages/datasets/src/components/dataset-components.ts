import { flowComponent } from "../generators/flow.ts";
import { shapesComponent } from "../generators/shapes.ts";
import { sparseFunctionsComponent } from "../generators/sparse-functions.ts";
import { sparseVectorsComponent } from "../generators/sparse-vectors.ts";
import type { DatasetComponent } from "./define-dataset.ts";

/** Data that is generated rather than read, and so available anywhere. `nodeDatasetComponents` of `@saeno/datasets/node` reads files. */
export const datasetComponents: readonly DatasetComponent[] = [
  flowComponent,
  shapesComponent,
  sparseFunctionsComponent,
  sparseVectorsComponent,
];
