import { disposeCodes, relu, toDense } from "@saeno/activations";
import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import {
  abs,
  add,
  memory,
  mul,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  denseDictionary,
  fourierDictionary,
  meanSquaredError,
  modelFromConfig,
  SparseAutoencoder,
  saeCnn,
  saeFno,
  saeMlp,
  saeTokens,
  shallowEncoder,
} from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const normals = (shape: number[], seed = 1) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);

const models = [
  { name: "SAE-MLP", make: (tied: boolean) => saeMlp({ inputs: 10, concepts: 8, active: 3, tied }), shape: [4, 10] },
  {
    name: "SAE-CNN",
    make: (tied: boolean) =>
      saeCnn({ channels: 2, concepts: 6, active: 2, kernel: [3, 3], domain: { density: 0.2 }, tied }),
    shape: [3, 6, 5, 2],
  },
  {
    name: "SAE-FNO",
    make: (tied: boolean) =>
      saeFno({ channels: 2, concepts: 6, active: 2, modes: [3, 2], domain: { density: 0.2 }, tied }),
    shape: [3, 6, 5, 2],
  },
  {
    name: "SAE-MLP on tokens",
    make: (tied: boolean) => saeTokens({ channels: 5, concepts: 6, active: 2, tied }),
    shape: [2, 3, 4, 5],
  },
].flatMap((model) =>
  [true, false].map((tied) => ({ ...model, tied, name: `${model.name} ${tied ? "tied" : "untied"}` })),
);

/** Parameters away from their start, so that every gradient is in play. */
function shaken(model: SparseAutoencoder): SparseAutoencoder {
  model.parameters().forEach(({ variable }, i) => {
    tidy(() => variable.assign(add(variable, mul(normals(variable.shape, 20 + i), 0.1))));
  });
  return model;
}

describe.each(models)("$name", ({ make, shape, tied }) => {
  test("every gradient of the loss agrees with finite differences", () => {
    const model = shaken(make(tied));
    const x = normals(shape, 2);
    const loss = () => meanSquaredError(x, model.forward(x).reconstruction);
    const variables = model.parameters().map(({ variable }) => variable);
    const { grads } = variableGrads(loss, variables);
    for (const [i, variable] of variables.entries()) {
      const direction = normals(variable.shape, 40 + i);
      const slope = sum(mul(grads[variable.name], direction)).dataSync()[0];
      const [above, below] = [1, -1].map((sign) => lossAt(variable, direction, sign * 1e-3, loss)) as [number, number];
      const difference = (above - below) / 2e-3;
      expect(Math.abs(slope - difference)).toBeLessThan(2e-3 * Math.max(1, Math.abs(difference)));
    }
  });

  test("encode then decode is forward", () => {
    const model = shaken(make(tied));
    const x = normals(shape, 3);
    const { reconstruction } = model.forward(x);
    expect(Array.from(model.decode(model.encode(x)).dataSync())).toEqual(Array.from(reconstruction.dataSync()));
  });

  test("after fitting the gain, the reconstruction has the best overall scale", () => {
    const model = make(tied);
    const x = normals(shape, 4);
    model.fitGain(x);
    const { reconstruction } = model.forward(x);
    const best = sum(mul(x, reconstruction)).dataSync()[0] / sum(mul(reconstruction, reconstruction)).dataSync()[0];
    expect(best).toBeCloseTo(1, 4);
  });

  test("its config makes a model of the same parameters' names and shapes", () => {
    const model = make(tied);
    const again = modelFromConfig(JSON.parse(JSON.stringify(model.toConfig())), createRandom(5));
    const describeAll = (m: SparseAutoencoder) => m.parameters().map(({ name, variable }) => [name, variable.shape]);
    expect(describeAll(again)).toEqual(describeAll(model));
    expect(again.toConfig()).toEqual(model.toConfig());
  });

  test("no call leaves a tensor behind", () => {
    const x = normals(shape);
    const before = memory().numTensors;
    const model = make(tied);
    const { codes, reconstruction } = model.forward(x);
    model.decode(codes).dispose();
    disposeCodes(codes);
    reconstruction.dispose();
    model.fitGain(x);
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

function lossAt(variable: Variable, direction: Tensor, step: number, loss: () => Tensor): number {
  const original = variable.clone();
  tidy(() => variable.assign(add(variable, mul(direction, step))));
  const value = loss().dataSync()[0];
  variable.assign(original);
  return value;
}

test("a decoder bias is taken off before encoding and added after decoding", () => {
  const model = saeMlp({ inputs: 3, concepts: 4, active: 2 });
  const bias = tensor([1, 2, 3]) as Tensor1D;
  const x = normals([2, 3]);
  const plain = model.forward(x).reconstruction;
  model.setDecoderBias(bias);
  const shifted = model.forward(add(x, bias)).reconstruction;
  const difference = Array.from(sub(shifted, add(plain, bias)).dataSync());
  for (const value of difference) expect(value).toBeCloseTo(0, 5);
});

test("a model is put together from parts of one's own", () => {
  const dictionary = denseDictionary({ inputs: 6, concepts: 4 }, createRandom(1));
  const model = new SparseAutoencoder({ dictionary, encoder: shallowEncoder(dictionary), activation: relu() });
  expect(toDense(model.encode(normals([2, 6]))).shape).toEqual([2, 4]);
});

test("wrong shapes and more active concepts than there are are refused in plain words", () => {
  const model = saeFno({ channels: 1, concepts: 4, active: 2, modes: [4, 4] });
  expect(() => model.encode(normals([2, 8, 8, 3]))).toThrow(
    /takes samples with 1 channel on the last axis, \[B, ...N, 1\]; got \[2, 8, 8, 3\]/,
  );
  expect(() => model.encode(normals([2, 8, 1]))).toThrow(/one number per axis of the grid/);
  expect(() => saeMlp({ inputs: 4, concepts: 2, active: 3 })).toThrow(/3 active concepts of only 2/);
  expect(() => saeMlp({ inputs: 4, concepts: 0, active: 1 })).toThrow(/concepts: must be a positive integer/);
  expect(() => modelFromConfig({ ...model.toConfig(), dictionary: { kind: "wavelet" } }, createRandom(1))).toThrow(
    /no dictionary "wavelet"/,
  );
});

test("on tokens it is the SAE-MLP with the same weights on every point, by all encoders", () => {
  const encoders = [
    { encoder: { kind: "shallow" } },
    {
      encoder: { kind: "unrolled", iterations: 3, stepSize: 0.2 },
      activation: { kind: "hard-threshold", threshold: 0.3 },
    },
    { encoder: { kind: "matching-pursuit", steps: 2 } },
  ];
  for (const pair of encoders) {
    for (const lifting of [undefined, { lifted: 7 }]) {
      const form = { ...pair, normalized: true, ...(lifting === undefined ? {} : { lifting }) };
      const random = () => createRandom(4);
      const tokens = modelFromConfig({ dictionary: { kind: "tokens", concepts: 9 }, ...form }, random(), {
        channels: 5,
        grid: [3, 4],
      });
      const vectors = modelFromConfig({ dictionary: { kind: "dense", concepts: 9 }, ...form }, random(), {
        channels: 5,
      });
      tidy(() => {
        const x = normals([2, 3, 4, 5], 9) as Tensor;
        const points = reshape(x, [24, 5]);
        const [codes, expected] = [tokens.encode(x), vectors.encode(points)];
        expect([...toDense(codes).dataSync()]).toEqual([...toDense(expected).dataSync()]);
        expect(toDense(codes).shape).toEqual([2, 3, 4, 9]);
        const decoded = tokens.decode(codes);
        expect(decoded.shape).toEqual(x.shape);
        const known = vectors.decode(expected).dataSync();
        decoded.dataSync().forEach((value, i) => {
          expect(value).toBeCloseTo(known[i], 5);
        });
      });
      tokens.dispose();
      vectors.dispose();
    }
  }
});

test.each([{ count: 2 }, { density: 0.2 }])(
  "peaks, %o, choose the same concepts on finer grids, also where the modes are fewer than the grid holds",
  (size) => {
    const activation = { kind: "map-sparsity", active: 2, conceptRule: "batch", domainRule: "peaks", ...size };
    const model = modelFromConfig(
      { dictionary: { kind: "fourier", concepts: 8, modes: [4] }, activation },
      createRandom(2),
      {
        channels: 2,
        grid: [16],
      },
    );
    const functions = fourierDictionary({ channels: 2, concepts: 12, modes: [4] }, createRandom(7));
    tidy(() => {
      const on = (points: number) => functions.atoms({ grid: [points], origin: "corner" });
      // The running threshold is what it is after one batch of training.
      model.pass(on(16), { training: true });
      const chosen = (points: number) => {
        const norms = sum(abs(toDense(model.encode(on(points)))), 1).dataSync();
        return [...norms].map((norm) => norm > 0);
      };
      const [coarse, fine] = [chosen(16), chosen(128)];
      expect(coarse.filter(Boolean).length).toBeGreaterThan(12);
      // Between points of the coarse grid a peak may be a little higher.
      expect(fine.filter((active, i) => active !== coarse[i]).length).toBeLessThan(6);
    });
    functions.dispose();
    model.dispose();
  },
);
