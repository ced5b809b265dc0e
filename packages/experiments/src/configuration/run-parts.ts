/** What each part of a run is given of its configuration. Whoever needs one of these never sees the whole. */
import type { ComponentConfig } from "@saeno/backend";
import type { trainingSchema } from "@saeno/training";
import type * as v from "valibot";
import type { Settings } from "./config-files.ts";
import type { measuresSchema, modelSchema } from "./parts.ts";

export interface RunModel extends v.InferOutput<typeof modelSchema> {
  readonly dictionary: ComponentConfig;
  readonly encoder: ComponentConfig;
  readonly activation: ComponentConfig;
  /** Absent where the data is not lifted. */
  readonly lifting?: Settings;
}

export interface RunTraining extends v.InferOutput<typeof trainingSchema> {
  readonly learningRate: number;
  readonly optimizer: ComponentConfig;
  readonly schedule: ComponentConfig;
  readonly loss: ComponentConfig;
  readonly extensions: readonly ComponentConfig[];
}

/** What is measured after training, beside errors on held-out samples on the grid of the data. */
export interface Measures extends v.InferOutput<typeof measuresSchema> {
  readonly metrics: readonly ComponentConfig[];
}
