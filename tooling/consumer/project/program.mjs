import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { resolveRunConfig, runInto } from "@saeno/experiments";
import { dataKinds, folderStore } from "@saeno/experiments/node";

await useBackend(wasmBackend);
const config = resolveRunConfig({
  data: process.argv[2],
  limit: 480,
  test: 60,
  steps: 40,
  measures: { grids: [112] },
});
const { summary, model } = await runInto(folderStore(), "runs/mine", config, { kinds: dataKinds });
const [fine] = summary.resolution;
console.log(
  `relative error ${summary.relativeError.toFixed(3)}, ${fine.relativeError.toFixed(3)} at ${fine.grid.join(" x ")}`,
);
model.dispose();
