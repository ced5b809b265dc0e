/** How a training step grows, counted in bytes allocated and operations started, never in seconds. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { disposeCodes } from "@saeno/activations";
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset } from "@saeno/datasets";
import { backend, engine, memory, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { adam, auxiliary, prepareTraining, train, trainStep } from "./index.ts";

interface Sizes {
  readonly concepts: number;
  readonly points: number;
  readonly batch: number;
}

interface Footprint {
  /** The most that was allocated at a time beyond what the model, its optimizer and the batch hold. */
  readonly working: number;
  /** All that was allocated, freed or not: no operation writes more. */
  readonly allocated: number;
  readonly kernelCalls: number;
  readonly parameters: number;
}

beforeAll(async () => {
  await useBackend(wasmBackend);
});

/** What the second of two steps takes from the backend's memory. */
function footprint(model: SparseAutoencoder, shape: readonly number[]): Footprint {
  const x = tensor(createRandom(1).normals(sizeOf(shape)), [...shape]);
  const parameters = prepareTraining(model, x);
  const optimizer = adam();
  const step = () => {
    const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 1e-3 });
    loss.dispose();
    disposeCodes(codes);
  };
  step();

  const { wasm } = backend() as unknown as {
    wasm: { _malloc(bytes: number): number; _free(address: number): void };
  };
  const { _malloc, _free } = wasm;
  const sizes = new Map<number, number>();
  let [live, working, allocated, kernelCalls] = [0, 0, 0, 0];
  wasm._malloc = (bytes) => {
    const address = _malloc(bytes);
    sizes.set(address, bytes);
    live += bytes;
    allocated += bytes;
    working = Math.max(working, live);
    return address;
  };
  wasm._free = (address) => {
    live -= sizes.get(address) ?? 0;
    sizes.delete(address);
    _free(address);
  };
  const { runKernel } = engine();
  const counting: typeof runKernel = (...call) => {
    kernelCalls++;
    return runKernel.apply(engine(), call) as never;
  };
  engine().runKernel = counting;
  try {
    step();
  } finally {
    Object.assign(wasm, { _malloc, _free });
    Object.assign(engine(), { runKernel });
  }
  const parameterBytes = parameters.reduce((bytes, { variable }) => bytes + 4 * variable.size, 0);
  x.dispose();
  optimizer.dispose();
  model.dispose();
  return { working, allocated, kernelCalls, parameters: parameterBytes };
}

const active = 4;
const makers = {
  "SAE-FNO": ({ concepts, points, batch }: Sizes) =>
    footprint(saeFno({ seed: 0, channels: 1, concepts, modes: [5, 5], active, domain: { density: 0.05 } }), [
      batch,
      points,
      points,
      1,
    ]),
  "SAE-CNN": ({ concepts, points, batch }: Sizes) =>
    footprint(saeCnn({ seed: 0, channels: 1, concepts, kernel: [5, 5], active, domain: { density: 0.05 } }), [
      batch,
      points,
      points,
      1,
    ]),
  "SAE-MLP": ({ concepts, points, batch }: Sizes) =>
    footprint(saeMlp({ inputs: points * points, concepts, active }), [batch, points * points]),
};

describe.each(Object.entries(makers))("a training step of %s", (name, measure) => {
  const base: Sizes = { concepts: 64, points: 32, batch: 8 };
  const start = () => measure(base);

  it("needs memory for the kept maps and a few copies of the parameters, not for all maps", () => {
    const { working, parameters } = start();
    const grid = name === "SAE-MLP" ? 1 : base.points ** 2;
    const kept = 4 * base.batch * active * grid;
    const samples = 4 * base.batch * base.points ** 2;
    expect(working).toBeLessThan(4 * kept + 8 * samples + 4 * parameters + 300_000);
    if (grid > 1) expect(working).toBeLessThan((4 * base.batch * base.concepts * grid) / 2);
  });

  it("grows with the concepts only as the parameters do", () => {
    const [few, many] = [start(), measure({ ...base, concepts: 4 * base.concepts })];
    expect(many.working - few.working).toBeLessThan(4 * (many.parameters - few.parameters) + 100_000);
    expect(many.allocated - few.allocated).toBeLessThan(12 * (many.parameters - few.parameters) + 200_000);
    expect(many.kernelCalls).toBe(few.kernelCalls);
  });

  it("grows in proportion to the batch at most", () => {
    const [few, many] = [start(), measure({ ...base, batch: 4 * base.batch })];
    expect(many.working).toBeLessThan(4.2 * few.working);
    expect(many.allocated).toBeLessThan(4.2 * few.allocated);
    expect(many.kernelCalls).toBe(few.kernelCalls);
  });

  it("grows in proportion to the points at most", () => {
    const [few, many] = [start(), measure({ ...base, points: 2 * base.points })];
    expect(many.working).toBeLessThan(4.2 * few.working);
    expect(many.allocated).toBeLessThan(4.2 * few.allocated);
    expect(many.kernelCalls).toBe(few.kernelCalls);
  });
});

it("keeps nothing of the steps of a long training but their records", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const model = saeMlp({ inputs: 12, concepts: 32, active: 2 });
  // Of so few kinds that most concepts stay dead, and AuxK has something to do.
  const kinds = createRandom(0).normals(4 * 12);
  const values = Float32Array.from({ length: 64 * 12 }, (_, i) => kinds[i % kinds.length] ?? 0);
  const dataset = arrayDataset({ name: "four kinds", values, shape: [64, 12] });
  const seen: { readonly heap: number; readonly tensors: number; readonly dead: number }[] = [];
  await train({
    model,
    dataset,
    steps: 1600,
    batchSize: 8,
    learningRate: 1e-3,
    extensions: [auxiliary({ coefficient: 1 })],
    onWarning() {},
    async onStep({ step, deadConcepts }, state) {
      if (step % 200 === 0) await state();
      if (step !== 800 && step !== 1600) return;
      collect();
      seen.push({ heap: process.memoryUsage().heapUsed, tensors: memory().numTensors, dead: deadConcepts });
    },
  });
  model.dispose();
  const [early, late] = seen;
  expect(Math.min(early.dead, late.dead)).toBeGreaterThan(0);
  expect(late.tensors).toBe(early.tensors);
  // A step allocates 250 kB. Its record takes some 200 bytes, and the engine still compiles.
  expect(late.heap - early.heap).toBeLessThan(800 * 2000);
});
