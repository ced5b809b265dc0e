import {
  type ActivationConfig,
  batchTopK,
  disposeCodes,
  hardThreshold,
  jumpRelu,
  mapSparsity,
  relu,
  spade,
  toDense,
  topK,
} from "@saeno/activations";
import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { lifting } from "@saeno/lifting";
import {
  add,
  div,
  memory,
  mul,
  ones,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  auxiliaryLoss,
  convDictionary,
  denseDictionary,
  fourierDictionary,
  l0Loss,
  l1Loss,
  largestEigenvalue,
  liftedDictionary,
  matchingPursuitEncoder,
  meanSquaredError,
  modelFromConfig,
  SparseAutoencoder,
  saeCnn,
  saeFno,
  saeMlp,
  shallowEncoder,
  unitRows,
} from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

const normals = (shape: readonly number[], seed = 1): Tensor =>
  tensor(createRandom(seed).normals(sizeOf(shape)), [...shape]);
const values = (x: Tensor): number[] => Array.from(x.dataSync());
const inner = (a: Tensor, b: Tensor): number => sum(mul(a, b)).dataSync()[0];

function expectClose(found: Tensor, expected: Tensor, tolerance = 1e-4): void {
  const scale = Math.max(1e-6, ...values(expected).map(Math.abs));
  expect(found.shape).toEqual(expected.shape);
  const difference = Math.max(0, ...values(sub(found, expected)).map(Math.abs));
  expect(difference / scale).toBeLessThan(tolerance);
}

const grids = [[11], [7, 6], [5, 4, 6]];
const models = [
  { name: "vectors", shape: [3, 10], make: (o: object) => saeMlp({ inputs: 10, concepts: 8, active: 3, ...o }) },
  ...grids.flatMap((grid) => [
    {
      name: `kernels on ${grid.join(" x ")}`,
      shape: [2, ...grid, 3],
      make: (o: object) =>
        saeCnn({ channels: 3, concepts: 6, active: 2, kernel: grid.map(() => 3), domain: { density: 0.2 }, ...o }),
    },
    {
      name: `spectra on ${grid.join(" x ")}`,
      shape: [2, ...grid, 3],
      make: (o: object) =>
        saeFno({ channels: 3, concepts: 6, active: 2, modes: grid.map(() => 2), domain: { density: 0.2 }, ...o }),
    },
  ]),
];

/** Parameters away from their start. */
function shaken(model: SparseAutoencoder): SparseAutoencoder {
  model.parameters().forEach(({ variable, frozen }, i) => {
    if (frozen !== true) tidy(() => variable.assign(add(variable, mul(normals(variable.shape, 30 + i), 0.1))));
  });
  return model;
}

describe.each(models)("a model of $name", ({ shape, make }) => {
  const channels = shape.at(-1) as number;

  test("normalized, is the same model of what the mean is taken off and the scale divides", () => {
    const x = normals(shape);
    const mean = Array.from({ length: channels }, (_, c) => 0.3 * c - 0.5);
    const scale = Array.from({ length: channels }, (_, c) => 0.5 + 0.2 * c);
    const plain = shaken(make({}));
    const normalized = shaken(make({ normalized: true }));
    normalized.setNormalization({ mean, scale });
    const inside = plain.forward(div(sub(x, tensor(mean)), tensor(scale)));
    const { codes, reconstruction } = normalized.forward(x);
    expectClose(toDense(codes), toDense(inside.codes));
    expectClose(reconstruction, add(mul(inside.reconstruction, tensor(scale)), tensor(mean)));
  });

  test.each([
    { tied: false, scale: (c: number) => 0.5 + 0.2 * c },
    { tied: true, scale: () => 1.7 },
  ])(
    "folds its normalization into its weights (tied: $tied): the same codes and reconstructions",
    ({ tied, scale }) => {
      const x = normals(shape);
      const model = shaken(make({ normalized: true, tied }));
      const each = (f: (c: number) => number) => Array.from({ length: channels }, (_, c) => f(c));
      model.setNormalization({ mean: each((c) => 0.1 * c), scale: each(scale) });
      const before = model.forward(x);
      model.foldNormalization();
      expect(model.isNormalized).toBe(false);
      expect(model.toConfig().normalized).toBeUndefined();
      const after = model.forward(x);
      expectClose(toDense(after.codes), toDense(before.codes));
      expectClose(after.reconstruction, before.reconstruction);
    },
  );

  test("lifted, learns L, P and atoms of the lifted space; its atoms are those of the data; a config makes it again", () => {
    const lifted = { lifted: channels + 2, tied: false };
    const model = shaken(make({ lifting: lifted }));
    const trained = model.parameters();
    expect(trained.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["lifting.lift", "lifting.project", "decoder.bias", "encoder.bias"]),
    );
    const x = normals(shape);
    const { grads } = variableGrads(
      () => meanSquaredError(x, model.forward(x).reconstruction),
      trained.map(({ variable }) => variable),
    );
    for (const { variable } of trained) expect(inner(grads[variable.name], grads[variable.name])).toBeGreaterThan(0);
    expect(model.dictionary.channels).toBe(channels);
    expect(model.dictionary.atoms().shape.at(-1)).toBe(channels);
    const again = modelFromConfig(model.toConfig(), createRandom(9));
    expect(again.toConfig()).toEqual(model.toConfig());
    again.parameters().forEach(({ variable }, i) => {
      variable.assign(trained[i]?.variable);
    });
    expectClose(again.forward(x).reconstruction, model.forward(x).reconstruction, 1e-6);
  });

  test("lifted by an orthogonal L, starts in its range, where it does what it does unlifted", () => {
    const model = make({ lifting: { lifted: channels + 2 }, tied: true });
    const { dictionary } = model;
    const x = normals(shape);
    const z = normals([...shape.slice(0, -1), dictionary.conceptCount], 3);
    const synthesis = dictionary.synthesize({ kind: "dense", values: z });
    expect(inner(synthesis, x)).toBeCloseTo(inner(z, dictionary.correlate(x)), 2);
    // P keeps norms in the range of L: atoms of the data have unit norm as well. Those of spectra are means over the grid.
    const atoms = dictionary.atoms();
    const points = dictionary.kind === "fourier" ? sizeOf(atoms.shape.slice(1, -1)) : 1;
    for (const norm of values(sum(square(reshape(atoms, [dictionary.conceptCount, -1])), 1)))
      expect(norm / points).toBeCloseTo(1, 3);
  });

  test("with matching pursuit explains more with every step, and leaks nothing", () => {
    const activation =
      shape.length === 2 ? topK({ k: 1 }) : mapSparsity({ concepts: 1, domain: { count: 1 }, energy: "kept" });
    const { dictionary } = make({});
    const x = normals(shape);
    const errors = [1, 2, 4].map((steps) => {
      const model = new SparseAutoencoder({
        dictionary,
        encoder: matchingPursuitEncoder(dictionary, { steps }),
        activation,
      });
      const before = memory().numTensors;
      const { codes, reconstruction } = model.forward(x);
      const error = tidy(() => sum(square(sub(x, reconstruction))).dataSync()[0]);
      disposeCodes(codes);
      reconstruction.dispose();
      expect(memory().numTensors).toBe(before);
      return error;
    });
    expect(errors[0]).toBeLessThan(inner(x, x));
    expect(errors[1]).toBeLessThan(errors[0]);
    expect(errors[2]).toBeLessThan(errors[1]);
  });
});

test("matching pursuit finds the codes of an orthonormal dictionary in as many steps as there are", () => {
  const dictionary = denseDictionary(
    { inputs: 4, concepts: 4 },
    tensor([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4]),
  );
  const model = new SparseAutoencoder({
    dictionary,
    encoder: matchingPursuitEncoder(dictionary, { steps: 3 }),
    activation: topK({ k: 1 }),
  });
  const x = tensor([
    [0, 3, 1, 2],
    [5, 0, 0, 1],
  ]);
  expectClose(toDense(model.encode(x)), x);
});

test("the largest eigenvalue of D* D is that of the Gram matrix", () => {
  const atoms = normals([6, 4]);
  const found = largestEigenvalue(denseDictionary({ inputs: 4, concepts: 6 }, atoms), []);
  let vector = Array.from({ length: 4 }, (_, i) => i + 1);
  let size = 0;
  const d = atoms.arraySync() as number[][];
  for (let i = 0; i < 500; i++) {
    const codes = d.map((row) => row.reduce((s, value, n) => s + value * vector[n], 0));
    vector = vector.map((_, n) => d.reduce((s, row, k) => s + row[n] * codes[k], 0));
    size = Math.hypot(...vector);
    vector = vector.map((value) => value / size);
  }
  expect(found / size).toBeGreaterThan(0.98);
  expect(found / size).toBeLessThan(1 + 1e-5);
});

describe("losses", () => {
  const dictionary = () => convDictionary({ channels: 1, concepts: 5, kernel: [3, 3] }, createRandom(4));
  const x = () => normals([3, 6, 6, 1]);

  test("l1 is the mean over samples of the norms of codes, for sparse and dense form alike", () => {
    const d = dictionary();
    const model = new SparseAutoencoder({
      dictionary: d,
      encoder: shallowEncoder(d),
      activation: mapSparsity({ concepts: 2 }),
    });
    const [sparse, dense] = tidy(() => {
      const pass = model.pass(x());
      const codes = { kind: "dense", values: toDense(pass.codes) } as const;
      return [l1Loss(0.5)(pass, model), l1Loss(0.5)({ ...pass, codes }, model)].map((loss) => loss.dataSync()[0]);
    }) as unknown as [number, number];
    const z = toDense(model.encode(x())).arraySync() as number[][][][];
    const norms = z.flatMap((sample) =>
      Array.from({ length: 5 }, (_, k) => Math.sqrt(sample.flat().reduce((s, point) => s + point[k] ** 2, 0) / 36)),
    );
    const expected = (0.5 * norms.reduce((a, b) => a + b, 0)) / 3;
    expect(sparse).toBeCloseTo(expected, 4);
    expect(dense).toBeCloseTo(expected, 4);
    const vectors = saeMlp({ inputs: 6, concepts: 8, active: 3 });
    const codes = toDense(vectors.encode(normals([4, 6])));
    const scalar = tidy(() => l1Loss(2)(vectors.pass(normals([4, 6])), vectors).dataSync()[0]);
    expect(scalar).toBeCloseTo((2 * values(codes).reduce((a, b) => a + Math.abs(b), 0)) / 4, 4);
  });

  test("the auxiliary loss reaches dead concepts that nothing else reaches, and only those", () => {
    const d = dictionary();
    const encoder = shallowEncoder(d);
    const model = new SparseAutoencoder({
      dictionary: d,
      encoder,
      activation: mapSparsity({ concepts: 1, domain: { count: 4 } }),
    });
    const parameters = model.parameters().filter(({ name }) => name.endsWith("kernels"));
    const reached = (dead: number[], loss: "auxiliary" | "error") => {
      const { grads } = variableGrads(
        () => {
          const pass = model.pass(x());
          return loss === "error"
            ? meanSquaredError(pass.input, pass.output)
            : auxiliaryLoss(Float32Array.from(dead))(pass, model);
        },
        parameters.map(({ variable }) => variable),
      );
      return parameters.map(({ variable }) =>
        values(sum(square(unflat(grads[variable.name])), 1)).map((norm) => norm > 1e-12),
      );
    };
    const unflat = (g: Tensor) => reshape(g, [5, -1]);
    const active = reached([], "error")[0];
    const dead = active.map((used, k) => (!used && k !== active.indexOf(false) ? 1 : 0));
    expect(dead).toContain(1);
    for (const one of reached(dead, "auxiliary")) expect(one.some((r, k) => r && dead[k] === 0)).toBe(false);
    expect(reached(dead, "auxiliary")[1]?.some(Boolean)).toBe(true);
    for (const one of reached([0, 0, 0, 0, 0], "auxiliary")) expect(one.some(Boolean)).toBe(false);
  });

  test("the l0 loss wants an activation with learned thresholds", () => {
    const d = denseDictionary({ inputs: 4, concepts: 5 }, createRandom(1));
    const with_ = (activation: ReturnType<typeof relu>) =>
      new SparseAutoencoder({ dictionary: d, encoder: shallowEncoder(d), activation });
    const run = (model: SparseAutoencoder) => tidy(() => l0Loss(1)(model.pass(normals([3, 4])), model).dataSync()[0]);
    expect(() => run(with_(relu()))).toThrow(/"relu" has none/);
    const model = with_(jumpRelu({ conceptCount: 5, threshold: 0.2, bandwidth: 0.1 }));
    const codes = values(toDense(model.encode(normals([3, 4]))));
    expect(run(model)).toBeCloseTo(codes.filter((value) => value > 0).length / 3, 4);
  });
});

test("an encoder by distances ranks concepts by how near they are", () => {
  const d = denseDictionary({ inputs: 2, concepts: 3 }, tensor([0, 0, 2, 0, 0, 3], [3, 2]));
  const model = new SparseAutoencoder({
    dictionary: d,
    encoder: shallowEncoder(d, { distance: true }),
    activation: spade({ scale: 20 }),
  });
  const nearest = (
    toDense(
      model.encode(
        tensor([
          [0.2, 0.1],
          [1.8, 0.3],
          [0.2, 2.5],
        ]),
      ),
    ).arraySync() as number[][]
  ).map((row) => row.indexOf(Math.max(...row)));
  expect(nearest).toEqual([0, 1, 2]);
});

test("assigned functions come back as atoms, as far as the kind can express them", () => {
  const dense = denseDictionary({ inputs: 5, concepts: 2 }, createRandom(1));
  const vectors = normals([2, 5]);
  dense.assign(vectors, { norm: "given" });
  expectClose(dense.atoms(), vectors);
  const conv = convDictionary({ channels: 2, concepts: 2, kernel: [3, 3] }, createRandom(1));
  const kernels = conv.atoms();
  const onGrid = conv.atoms({ grid: [7, 6], origin: "corner" });
  conv.scale(2);
  conv.assign(onGrid);
  expectClose(conv.atoms(), kernels);
  const fourier = fourierDictionary({ channels: 1, concepts: 2, modes: [8, 8] }, createRandom(1));
  const bump = convDictionary({ channels: 1, concepts: 2, kernel: [3, 3] }, createRandom(2)).atoms({
    grid: [17, 17],
    origin: "corner",
  });
  fourier.assign(bump, { localized: true });
  const [a, b] = [unitRows(fourier.atoms({ grid: [17, 17], origin: "corner" })), unitRows(bump)];
  // The window of the start takes a little off the sides.
  expect(inner(a, b) / 2).toBeGreaterThan(0.8);
});

test("the copy of a lifted dictionary has atoms of its own and shares the lifting", () => {
  const matrices = lifting({ channels: 3, lifted: 5 }, createRandom(1));
  const original = liftedDictionary(denseDictionary({ inputs: 5, concepts: 4 }, createRandom(2)), matrices);
  const copy = original.copy();
  copy.parameters[0].variable.assign(ones([4, 5]));
  expect(values(original.parameters[0].variable as unknown as Tensor)[0]).not.toBe(1);
  copy.dispose();
  expect(original.atoms().shape).toEqual([4, 3]);
});

test("what cannot be is refused: folding without weights of its own, unknown kinds, statistics that are none", () => {
  const unrolled = saeMlp({
    inputs: 4,
    concepts: 5,
    active: 2,
    normalized: true,
    encoder: { kind: "unrolled", iterations: 2 },
  });
  expect(() => unrolled.foldNormalization()).toThrow(/unrolled encoder cannot be folded/);
  const lifted = saeMlp({ inputs: 4, concepts: 5, active: 2, normalized: true, lifting: { lifted: 6 } });
  expect(() => lifted.foldNormalization()).toThrow(/a lifting cannot be folded/);
  const tied = saeMlp({ inputs: 2, concepts: 5, active: 2, normalized: true, tied: true });
  tied.setNormalization({ mean: [0, 0], scale: [1, 2] });
  expect(() => tied.foldNormalization()).toThrow(/one scale for all/);
  expect(() => tied.setNormalization({ mean: [0, 0], scale: [1, 0] })).toThrow(/Scales are positive/);
  expect(() => saeMlp({ inputs: 2, concepts: 5, active: 2 }).setNormalization({ mean: [0], scale: [1] })).toThrow(
    /normalized: true/,
  );
  const config = saeMlp({ inputs: 2, concepts: 5, active: 2 }).toConfig();
  expect(() => modelFromConfig({ ...config, encoder: { kind: "deep" } }, createRandom(0))).toThrow(
    /no encoder "deep"\. Known: matching-pursuit, shallow, unrolled/,
  );
  expect(() => modelFromConfig({ ...config, dictionary: { kind: "wavelet" } }, createRandom(0))).toThrow(
    /no dictionary "wavelet"\..*saeno --plugin/,
  );
});

test("disposing a model frees everything it holds, thresholds and statistics included", () => {
  const before = memory().numTensors;
  const fill = (activation: ActivationConfig) =>
    modelFromConfig(
      {
        dictionary: { kind: "dense", concepts: 6 },
        lifting: { channels: 3, lifted: 4, tied: false },
        activation,
        normalized: true,
      },
      createRandom(0),
    ).dispose();
  for (const activation of [batchTopK({ k: 2 }), jumpRelu({ conceptCount: 6 }), hardThreshold({ threshold: 1 })]) {
    fill(activation.toConfig());
    activation.dispose?.();
  }
  fill({ kind: "balanced", activation: { kind: "topk", k: 2 } });
  saeMlp({ inputs: 4, concepts: 5, active: 2, encoder: { kind: "unrolled", iterations: 2, stepSize: 0.1 } }).dispose();
  expect(memory().numTensors).toBe(before);
});
