import type { ComponentConfig } from "@saeno/backend";
import type { trainingSchema } from "@saeno/training";
import type * as v from "valibot";
import type { measuresSchema } from "./parts.ts";

/** How a model is trained. */
export interface RunTraining extends v.InferOutput<typeof trainingSchema> {
  readonly learningRate: number;
  readonly optimizer: ComponentConfig;
  readonly schedule: ComponentConfig;
  readonly loss: ComponentConfig;
  readonly extensions: readonly ComponentConfig[];
}

/** What is measured after training, besides errors on held-out samples on the grid of the data. */
export interface Measures extends v.InferOutput<typeof measuresSchema> {
  readonly metrics: readonly ComponentConfig[];
}
