import { disposeCodes } from "@saeno/activations";
import { type BackendPlugin, createRandom, useBackend } from "@saeno/backend";
import { saeFno } from "@saeno/core";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { tensor } from "@tensorflow/tfjs-core";

/** How fast a backend trains. */
export interface BackendSpeed {
  /** What it is once it runs: its instructions and threads, say. */
  readonly detail: string;
  readonly stepsPerSecond: number;
}

/** What is trained: an SAE-FNO small enough for a few steps a second in plain JavaScript. */
export const measuredStep = "SAE-FNO, 64 concepts, 12 x 12 modes, batches of 16 on 32 x 32";

/** Trains on random numbers for about `seconds`, after a first step that does not count. The backend stays in use. */
export async function measureBackend(plugin: BackendPlugin, seconds = 2): Promise<BackendSpeed> {
  await useBackend(plugin);
  const model = saeFno({ channels: 1, concepts: 64, active: 8, modes: [12, 12], seed: 0 });
  const x = tensor(createRandom(0).normals(16 * 32 * 32), [16, 32, 32, 1]);
  const parameters = prepareTraining(model, x);
  const optimizer = adam();
  const step = async () => {
    const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 0.001 });
    await loss.data();
    loss.dispose();
    disposeCodes(codes);
  };
  try {
    await step();
    const started = performance.now();
    let [steps, elapsed] = [0, 0];
    while (elapsed < seconds) {
      await step();
      steps++;
      elapsed = (performance.now() - started) / 1000;
    }
    const availability = await plugin.available();
    return { detail: availability.available ? availability.detail : "", stepsPerSecond: steps / elapsed };
  } finally {
    x.dispose();
    optimizer.dispose();
    model.dispose();
  }
}
