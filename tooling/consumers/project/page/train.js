import { cpuBackend, register, useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { memoryStore, resolveRunConfig, runInto } from "@saeno/experiments";

/** @param located whether the files of the backend are in the folder `/saeno`. */
export async function train(located) {
  register(createWasmBackend(located ? { locate: (file) => `/saeno/${file}` } : {}), cpuBackend);
  const { name, reason, warning } = await useBackend("auto");
  const config = resolveRunConfig({ data: "sparse-functions:28,channels=1", limit: 240, test: 30, steps: 20 });
  const { summary, model } = await runInto(memoryStore(), "runs/mine", config);
  model.dispose();
  return { name, reason, warning, relativeError: summary.relativeError };
}
