import { type RunConfig, resolveRunConfig } from "../configuration/run-config.ts";

/** The same data, concepts and sparsity for both models. */
export const demonstrationSettings = {
  data: "shapes:32,perSample=3",
  concepts: 12,
  // A sample has three shapes, and a concept that may be at many points draws any shape out of dots: at one point, it has to be the shape.
  active: 3,
  density: 0.0018,
  lr: 0.04,
  steps: 400,
  batch: 32,
  limit: 1000,
  test: 100,
} as const;

const models = { fno: { model: "fno", modes: [12] }, cnn: { model: "cnn", kernel: [7] } } as const;
const finerGrids = [48, 64, 96, 128];

/**
 * SAE-FNO and SAE-CNN on images of a few shapes: trained at one resolution without being told the shapes, and evaluated on finer grids. Twenty seconds on
 * two cores; what `saeno demo` runs.
 */
export function demonstration(): ReadonlyMap<string, RunConfig> {
  return new Map(
    Object.entries(models).map(([name, model]) => [
      name,
      resolveRunConfig({ ...model, grids: finerGrids }, demonstrationSettings),
    ]),
  );
}
