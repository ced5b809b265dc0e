/** Trains a small SAE-FNO on shapes and reconstructs a sample on several grids. */
import { disposeCodes } from "@saeno/activations";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno } from "@saeno/core";
import { shapes } from "@saeno/datasets";
import { train } from "@saeno/training";
import { tensor } from "@tensorflow/tfjs-core";

const grids = [32, 64, 128];
const steps = 300;

/** The same functions, on a grid. */
const samplesOn = (points) => shapes({ grid: [points, points], samples: 1000, perSample: 3 });

async function reconstruct(model, sample) {
  const pictures = [];
  for (const points of grids) {
    const values = await samplesOn(points).read([sample]);
    const x = tensor(values, [1, points, points, 1]);
    const { codes, reconstruction } = model.forward(x);
    const found = await reconstruction.data();
    const squared = (of) => of.reduce((sum, value) => sum + value ** 2, 0);
    const error = Math.sqrt(squared(found.map((value, i) => value - values[i])) / squared(values));
    pictures.push({ points, values, found, error });
    disposeCodes(codes);
    x.dispose();
    reconstruction.dispose();
  }
  return pictures;
}

let model;
self.onmessage = async ({ data: { sample } }) => {
  try {
    if (model === undefined) {
      await useBackend(wasmBackend);
      const made = saeFno({
        channels: 1,
        concepts: 12,
        active: 3,
        modes: [12, 12],
        domain: { density: 0.0018, peaks: true },
      });
      const dataset = samplesOn(grids[0]);
      await train({
        model: made,
        dataset,
        steps,
        batchSize: 32,
        learningRate: 0.04,
        onStep: ({ step, relativeError }) => postMessage({ step, steps, relativeError }),
      });
      model = made;
    }
    postMessage({ pictures: await reconstruct(model, sample) });
  } catch (error) {
    postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
};
