/** Trains on images of shapes, measures the model on grids that it has not seen, and writes the run folder runs/first. */
import { cpuBackend, register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { resolveRunConfig, runInto } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import "./winner-per-point.js";

register(wasmBackend, cpuBackend, ...nodeDatasetComponents);
const { name, reason } = await useBackend("auto");
console.log(`Training on ${name} (${reason}).`);

const config = resolveRunConfig({
  data: "shapes:28", // yours: npy:FILE, images:DIR, mnist:DIR, ..
  activation: "winner-per-point",
  concepts: 16,
  limit: 1000,
  test: 100,
  steps: 100,
  measures: { grids: [56] },
});
const { summary, model } = await runInto(folderStore, process.argv[2] ?? "runs/first", config);
model.dispose();

console.log(`Relative error ${summary.relativeError.toFixed(3)} on samples that it has not seen.`);
for (const { grid, relativeError } of summary.resolution)
  console.log(`Relative error ${relativeError.toFixed(3)} on ${grid.join(" x ")} points.`);
