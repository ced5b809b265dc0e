import { cpuBackend, useBackend } from "@saeno/backend";
import { type SparseAutoencoder, saeFno, saeMlp } from "@saeno/core";
import { sparseFunctions, sparseVectors } from "@saeno/datasets";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import {
  adam,
  auxiliary,
  balance,
  cosine,
  deadConcepts,
  decodeModel,
  encodeModel,
  locality,
  resample,
  sgd,
  type TrainingState,
  type TrainOptions,
  train,
} from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

// Two batches of eight in an epoch, so that six steps end in the third.
const functions = sparseFunctions({
  grid: [8, 8],
  channels: 1,
  concepts: 4,
  kernel: 3,
  activeConcepts: 1,
  spikes: 2,
  samples: 20,
  seed: 1,
});
const vectors = sparseVectors({ n: 12, concepts: 6, active: 2, samples: 20, seed: 1 });

const fno = () =>
  saeFno({
    channels: 1,
    concepts: 12,
    active: 2,
    modes: [4, 4],
    normalized: true,
    activation: {
      kind: "balanced",
      activation: { kind: "map-sparsity", active: 2, density: 0.1 },
    },
  });

interface Case {
  readonly name: string;
  readonly make: () => SparseAutoencoder;
  /** Fresh objects each time. */
  readonly options: () => Pick<TrainOptions, "dataset" | "extensions" | "schedule"> &
    Required<Pick<TrainOptions, "optimizer">>;
}

const cases: readonly Case[] = [
  {
    name: "SAE-FNO with Adam, locality, AuxK, balance and resampling",
    make: fno,
    options: () => ({
      dataset: functions,
      optimizer: adam(),
      schedule: cosine({ warmup: 4 }),
      extensions: [
        deadConcepts({ after: 16 }),
        locality(0.01),
        auxiliary(),
        balance(),
        resample({ every: 2, until: 1 }),
      ],
    }),
  },
  {
    name: "an unrolled encoder, its step size by power iteration",
    make: () =>
      saeMlp({
        inputs: 12,
        concepts: 40,
        active: 2,
        encoder: { kind: "unrolled", iterations: 3, stepSize: "power" },
        activation: { kind: "hard-threshold", threshold: 0.3 },
      }),
    options: () => ({ dataset: vectors, optimizer: adam() }),
  },
  {
    name: "SAE-MLP with momentum",
    make: () => saeMlp({ inputs: 12, concepts: 40, active: 2 }),
    options: () => ({
      dataset: vectors,
      optimizer: sgd({ momentum: 0.9 }),
      extensions: [deadConcepts({ after: 16 }), auxiliary(), resample({ every: 2, until: 1 })],
    }),
  },
];

const settings = { steps: 6, batchSize: 8, learningRate: 0.02, seed: 3 };

test.each(cases)(
  "$name: three steps, saved, and three more by fresh objects are six at once",
  async ({ make, options }) => {
    const tensors = memory().numTensors;
    const [straight, whole] = [make(), options()];
    const expected = await train({ ...settings, ...whole, model: straight });
    // Otherwise remedies would have nothing to do.
    if (whole.extensions !== undefined) expect(expected.some(({ deadConcepts: dead }) => dead > 0)).toBe(true);

    const [first, begun, abort] = [make(), options(), new AbortController()];
    let file: Uint8Array = new Uint8Array();
    let state: TrainingState | undefined;
    await train({
      ...settings,
      ...begun,
      model: first,
      signal: abort.signal,
      async onStep({ step }, stateNow) {
        if (step < 3) return;
        [file, state] = [await encodeModel(first), await stateNow()];
        abort.abort();
      },
    });

    const [second, rest] = [decodeModel(first.toConfig(), file, "model.safetensors"), options()];
    if (state === undefined) throw new Error("No state was taken.");
    const { tensors: moments, values } = state;
    const from = { tensors: moments, values: JSON.parse(JSON.stringify(values)) };
    const records = await train({ ...settings, ...rest, model: second, from });
    expect(records.map(({ step }) => step)).toEqual([4, 5, 6]);
    const numbers = (some: typeof records) => some.map(({ seconds: _, ...others }) => others);
    expect(numbers(records)).toEqual(numbers(expected.slice(3)));
    expect(await encodeModel(second)).toEqual(await encodeModel(straight));

    for (const model of [straight, first, second]) model.dispose();
    for (const { optimizer } of [whole, begun, rest]) optimizer.dispose();
    expect(memory().numTensors).toBe(tensors);
  },
);

test("the state of another training is refused", async () => {
  const model = fno();
  const run = { ...settings, model, dataset: functions };
  await expect(train({ ...run, from: { tensors: {}, values: {} } })).rejects.toThrow(/a training with 12 concepts/);
  const values = { "loop.idle": Array(12).fill(0), "loop.step": 1, "loop.seconds": 1 };
  await expect(train({ ...run, from: { tensors: {}, values } })).rejects.toThrow(/no number "steps"/);
  model.dispose();
});
