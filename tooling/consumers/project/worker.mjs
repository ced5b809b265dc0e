import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { loadRun, memoryStore, resolveRunConfig, runInto } from "@saeno/experiments";

try {
  await useBackend(wasmBackend);
  const store = memoryStore();
  const settings = { data: "sparse-functions:28,channels=1", limit: 480, test: 60, steps: 40 };
  const config = resolveRunConfig({ ...settings, measures: { grids: [112] } });
  const { summary, model } = await runInto(store, "runs/mine", config);
  model.dispose();
  const loaded = await loadRun(store, "runs/mine");
  postMessage({
    relativeError: summary.relativeError,
    at112: summary.resolution[0].relativeError,
    steps: loaded.history.length,
  });
} catch (error) {
  postMessage({ error: String(error.stack ?? error) });
}
