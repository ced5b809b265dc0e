import type { PreCodes } from "@saeno/activations";
import { cpuBackend, createRandom, detach, sizeOf, topKRows, useBackend } from "@saeno/backend";
import {
  add,
  mul,
  relu,
  reshape,
  type Scalar,
  sub,
  type Tensor,
  type Tensor1D,
  tensor,
  tensor1d,
  tidy,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import {
  auxiliaryLoss,
  type Loss,
  meanSquaredError,
  type SparseAutoencoder,
  saeCnn,
  saeFno,
  saeMlp,
  saeTokens,
} from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

const normals = (shape: readonly number[], seed: number): Tensor =>
  tensor(createRandom(seed).normals(sizeOf(shape)), [...shape]);

/** AuxK as it is defined, from the codes of all concepts: those that are not dead, or not among the k largest, become zero. */
function denseLoss(dead: Float32Array, k: number): Loss {
  return ({ input, output, codes, preCodes }, { dictionary }) => {
    const error = detach(sub(input, output));
    const [all, marked] = [preCodes(), tensor1d(dead)];
    const scalar = all.grid.length === 0;
    const count = codes.kind === "sparse" ? codes.positions.shape[2] : 0;
    const sizes = scalar ? relu(all.dense()) : all.energies({ kind: "rectified", energyGrid: 1, count });
    const { indices } = topKRows({ x: mul(sizes, marked) }, { k });
    const chosen = new Float32Array(sizes.size);
    const rows = indices.dataSync();
    rows.forEach((concept, i) => {
      if (dead[concept] === 1) chosen[Math.floor(i / k) * dead.length + concept] = 1;
    });
    const mask = reshape(tensor(chosen), [all.batch, ...all.grid.map(() => 1), dead.length]);
    const values = mul(relu(all.dense()), mul(mask, all.grid.length === 0 ? 1 : largest(all.dense(), count)));
    return mul(
      meanSquaredError(error, dictionary.synthesize({ kind: "dense", values })),
      scalar ? 1 / 32 : 1,
    ) as Scalar;
  };
}

/** 1 at the `count` largest points of each map `[B, ...N, K]`. */
function largest(maps: Tensor, count: number): Tensor {
  const [batch, concepts] = [maps.shape[0], maps.shape[maps.rank - 1]];
  const points = maps.size / batch / concepts;
  const values = maps.dataSync();
  const mask = new Float32Array(maps.size);
  for (let map = 0; map < batch * concepts; map++) {
    const at = (point: number) => (Math.floor(map / concepts) * points + point) * concepts + (map % concepts);
    const order = Array.from({ length: points }, (_, point) => point).sort((a, b) => values[at(b)] - values[at(a)]);
    for (const point of order.slice(0, count)) mask[at(point)] = 1;
  }
  return tensor(mask, maps.shape);
}

const tied = { encoder: { kind: "shallow", tied: true } };
const models = [
  { name: "vectors", shape: [5, 10], make: () => saeMlp({ inputs: 10, concepts: 24, active: 3 }) },
  { name: "vectors, tied", shape: [5, 10], make: () => saeMlp({ inputs: 10, concepts: 24, active: 3, ...tied }) },
  {
    name: "kernels",
    shape: [3, 8, 7, 2],
    make: () => saeCnn({ channels: 2, concepts: 12, active: 3, kernel: [3, 3], domain: { count: 4 } }),
  },
  {
    name: "spectra",
    shape: [3, 8, 7, 2],
    make: () =>
      saeFno({ channels: 2, concepts: 12, active: 3, modes: [3, 3], energyGrid: "data", domain: { count: 4 } }),
  },
];

test.each(models)("AuxK is what it is by dense codes, and so are its gradients: $name", ({ shape, make }) => {
  for (let seed = 1; seed <= 6; seed++) {
    const model = make();
    const x = normals(shape, seed);
    const random = createRandom(seed);
    // From hardly any dead concepts, fewer than are chosen, to nearly all.
    const share = seed / 6.5;
    const dead = Float32Array.from(random.normals(model.dictionary.conceptCount), (v) =>
      Math.abs(v) < 2 * share ? 1 : 0,
    );
    dead[3] = 1;
    const k = model.dictionary.codes === "scalar" ? 5 : 3;
    const [found, expected] = [auxiliaryLoss(dead), denseLoss(dead, k)].map((loss) => slopes(model, x, loss));
    for (const [name, values] of Object.entries(expected)) {
      const scale = Math.max(1e-3, ...values.map(Math.abs));
      expect(Math.max(...values.map((v, i) => Math.abs(v - found[name][i]))) / scale, name).toBeLessThan(1e-3);
    }
    x.dispose();
    model.dispose();
  }
});

const inParts = [
  ...models,
  {
    name: "vectors, unrolled",
    shape: [5, 10],
    make: () =>
      saeMlp({ inputs: 10, concepts: 24, active: 3, encoder: { kind: "unrolled", iterations: 2, stepSize: 0.2 } }),
  },
  {
    name: "tokens",
    shape: [5, 3, 2, 6],
    make: () => saeTokens({ channels: 6, concepts: 12, active: 2, axes: 2 }),
  },
];

test.each(inParts)(
  "AuxK of parts of a batch, weighted by their samples, is that of the batch: $name",
  ({ shape, make }) => {
    const model = make();
    const x = normals(shape, 1);
    const dead = Float32Array.from({ length: model.dictionary.conceptCount }, (_, k) => k % 2);
    const whole = slopes(model, x, auxiliaryLoss(dead));
    // Tokens are samples of their own.
    const batch = tidy(() => model.pass(x).input.shape[0]);
    for (const of of [2, 3, 9]) {
      const count = Math.min(of, batch);
      // A step beyond the last part has the first again.
      const parts = Array.from({ length: count }, (_, index) =>
        slopes(model, x, auxiliaryLoss(dead, { part: { index: index + count, of } })),
      );
      const weights = parts.map(
        (_, i) => (Math.floor(((i + 1) * batch) / count) - Math.floor((i * batch) / count)) / batch,
      );
      for (const [name, values] of Object.entries(whole)) {
        const scale = Math.max(1e-3, ...values.map(Math.abs));
        values.forEach((value, i) => {
          const sum = parts.reduce((total, part, j) => total + weights[j] * part[name][i], 0);
          expect(Math.abs(sum - value) / scale, name).toBeLessThan(1e-4);
        });
      }
    }
    x.dispose();
    model.dispose();
  },
);

test("AuxK does not measure the energies of maps where it uses all that are dead", () => {
  const model = saeCnn({ channels: 1, concepts: 6, active: 3, kernel: [3, 3], domain: { count: 4 } });
  const x = normals([3, 8, 7, 1], 1);
  const losses = tidy(() => {
    const pass = model.pass(x);
    const all = pass.preCodes();
    const energies = () => {
      throw new Error("not needed");
    };
    const among: PreCodes["among"] = (...which) => ({ ...all.among(...which), energies });
    const loss = (...dead: number[]) =>
      auxiliaryLoss(Float32Array.from(dead))({ ...pass, preCodes: () => ({ ...all, among }) }, model).dataSync()[0];
    expect(() => loss(1, 1, 1, 1, 0, 0)).toThrow("not needed");
    return [loss(1, 0, 1, 0, 1, 0), auxiliaryLoss(Float32Array.of(1, 0, 1, 0, 1, 0))(pass, model).dataSync()[0]];
  });
  expect(losses[0]).toBe(losses[1]);
  x.dispose();
  model.dispose();
});

test("a part of a batch that cannot be, and pre-codes of other samples than asked for, are refused", () => {
  const dead = Float32Array.of(1, 0, 1);
  for (const part of [
    { index: 0, of: 0 },
    { index: 0, of: 1.5 },
    { index: -1, of: 2 },
    { index: Number.NaN, of: 2 },
  ]) {
    expect(() => auxiliaryLoss(dead, { part })).toThrow(/"of" must be a positive integer/);
  }
  const model = saeMlp({ inputs: 4, concepts: 3, active: 1 });
  const x = normals([4, 4], 1);
  tidy(() => {
    const pass = model.pass(x);
    const all = pass.preCodes();
    const preCodes = () => ({ ...all, among: (concepts: Tensor1D) => all.among(concepts) });
    expect(() => auxiliaryLoss(dead, { part: { index: 0, of: 2 } })({ ...pass, preCodes }, model)).toThrow(
      /of 2 samples and got those of 4: "among" .* must use its second argument/,
    );
    expect(auxiliaryLoss(dead)({ ...pass, preCodes }, model).dataSync()[0]).toBeGreaterThan(0);
  });
  x.dispose();
  model.dispose();
});

test.each([false, true])(
  "a dense encoder's center has the gradient that plain operations give it: distance %s",
  (distance) => {
    const model = saeMlp({ inputs: 5, concepts: 9, active: 3, encoder: { kind: "shallow", distance } });
    const x = normals([7, 5], 2);
    const dead = Float32Array.from({ length: 9 }, (_, k) => k % 2);
    const plain: Loss = (pass, given) => {
      const { encoder } = given;
      const [{ variable: center }] = model.parameters().filter(({ role }) => role === "decoder bias");
      const encoding = encoder.encode(sub(x, center), given.activation);
      const output = add(given.dictionary.synthesize(encoding.codes), center);
      const again = { ...pass, output, codes: encoding.codes, preCodes: encoding.preCodes };
      return add(meanSquaredError(x, output), auxiliaryLoss(dead)(again, given)) as Scalar;
    };
    const own: Loss = (pass, given) =>
      add(meanSquaredError(pass.input, pass.output), auxiliaryLoss(dead)(pass, given)) as Scalar;
    const [found, expected] = [own, plain].map((loss) => slopes(model, x, loss));
    expect(expected["decoder.bias"].some((value) => value !== 0)).toBe(true);
    for (const [name, values] of Object.entries(expected)) {
      values.forEach((value, i) => void expect(found[name][i], name).toBeCloseTo(value, 5));
    }
    x.dispose();
    model.dispose();
  },
);

test("equal dead concepts are taken in the order of their numbers", () => {
  const model = saeMlp({ inputs: 2, concepts: 6, active: 1 });
  tidy(() => {
    for (const { role, variable } of model.parameters())
      if (role === "atoms" || role === "encoder atoms")
        variable.assign(tensor(Array(6).fill([0.6, 0.8]).flat(), [6, 2]));
  });
  const x = tensor([1, 1], [1, 2]);
  const slope = slopes(model, x, auxiliaryLoss(Float32Array.of(0, 0, 1, 0, 1, 1), { concepts: 2 }));
  const moved = [0, 1, 2, 3, 4, 5].filter((k) =>
    slope["dictionary.atoms"].slice(2 * k, 2 * k + 2).some((v) => v !== 0),
  );
  expect(moved).toEqual([2, 4]);
  x.dispose();
  model.dispose();
});

/** The loss, and its gradients by the names of the parameters. */
function slopes(model: SparseAutoencoder, x: Tensor, loss: Loss): Record<string, number[]> {
  return Object.fromEntries(
    tidy(() => {
      const parameters = model.parameters().filter(({ variable }) => variable.trainable);
      const { value, grads } = variableGrads(
        () => loss(model.pass(x, { training: true }), model),
        parameters.map(({ variable }) => variable),
      );
      const gradients = parameters.map(({ name, variable }) => [
        name,
        Array.from(grads[variable.name]?.dataSync() ?? []),
      ]);
      return [["loss", Array.from(value.dataSync())], ...gradients].map(
        ([name, values]) => [name, values] as [string, number[]],
      );
    }),
  );
}
