import { register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { resolveRunConfig, runInto } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";

await useBackend(wasmBackend);
register(...nodeDatasetComponents);
const config = resolveRunConfig({
  data: process.argv[2],
  limit: 480,
  test: 60,
  steps: 40,
  measures: { grids: [112] },
});
const { summary, model } = await runInto(folderStore, "runs/mine", config);
const [fine] = summary.resolution;
console.log(
  `relative error ${summary.relativeError.toFixed(3)}, ${fine.relativeError.toFixed(3)} at ${fine.grid.join(" x ")}`,
);
model.dispose();
