/** `train BACKEND STEPS`: trains an SAE-FNO on a simulated flow and prints the loss of every step, as JSON. */
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { webgpuBackend } from "@saeno/backend-webgpu";
import { saeFno } from "@saeno/core";
import { flow } from "@saeno/datasets";
import { train } from "@saeno/training";
import type { TrainingResult } from "./results.ts";

async function main(backend: string, steps: number): Promise<TrainingResult> {
  await useBackend(backend === "webgpu" ? webgpuBackend : wasmBackend);
  const dataset = await flow({ grid: [32, 32], samples: 240 });
  const model = saeFno({ channels: 1, concepts: 32, active: 8, modes: [12, 12] });
  const losses: number[] = [];
  const started = performance.now();
  await train({
    model,
    dataset,
    steps,
    batchSize: 16,
    learningRate: 0.005,
    onStep: ({ loss }) => {
      losses.push(loss);
    },
  });
  return { backend, losses, seconds: (performance.now() - started) / 1000 };
}

main(process.argv[2] ?? "webgpu", Number(process.argv[3] ?? 300)).then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
