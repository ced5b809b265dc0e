import { type Activation, hardThreshold, softThreshold, toDense, topK } from "@saeno/activations";
import { createRandom, detach, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { lifting } from "@saeno/lifting";
import {
  abs,
  add,
  mul,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  convDictionary,
  type Dictionary,
  denseDictionary,
  fourierDictionary,
  largestEigenvalue,
  liftedDictionary,
  meanSquaredError,
  SparseAutoencoder,
  type UnrolledEncoderOptions,
  unrolledEncoder,
} from "./index.ts";

beforeAll(() => useBackend(wasmBackend));

const normals = (shape: number[], seed = 1): Tensor => tensor(createRandom(seed).normals(sizeOf(shape)), shape);

const kinds: { name: string; make: () => Dictionary; shape: number[]; stepSize: number; threshold: number }[] = [
  {
    name: "dense",
    make: () => denseDictionary({ inputs: 12, concepts: 20 }, createRandom(2)),
    shape: [5, 12],
    stepSize: 0.2,
    threshold: 0.3,
  },
  {
    name: "conv",
    make: () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 3] }, createRandom(2)),
    shape: [2, 7, 6, 2],
    stepSize: 0.2,
    threshold: 0.3,
  },
  {
    name: "fourier",
    make: () => fourierDictionary({ channels: 2, concepts: 5, modes: [3, 3] }, createRandom(2)),
    shape: [2, 7, 6, 2],
    stepSize: 4,
    threshold: 0.6,
  },
];

/** The same activation, of which an encoder does not know that it is a threshold: it goes step by step. */
function opaque({ fixedThreshold: _, ...activation }: Activation): Activation {
  return activation;
}

function gradientsOf(dictionary: Dictionary, options: UnrolledEncoderOptions, activation: Activation, x: Tensor) {
  const encoder = unrolledEncoder(dictionary, options);
  const model = new SparseAutoencoder({ dictionary, encoder, activation });
  const trained = model.parameters().filter(({ frozen }) => frozen !== true);
  const codes = Array.from(toDense(model.encode(x)).dataSync());
  const { grads } = variableGrads(
    () => meanSquaredError(x, model.forward(x).reconstruction),
    trained.map(({ variable }) => variable),
  );
  const gradients = trained.map(({ name, variable }) => ({ name, values: grads[variable.name]?.dataSync() }));
  return { codes, gradients };
}

function expectClose(
  found: ArrayLike<number> | undefined,
  expected: ArrayLike<number> | undefined,
  digits = 1e-4,
): void {
  const scale = Math.max(1e-6, ...Array.from(expected ?? [], Math.abs));
  expect(found?.length).toBe(expected?.length);
  Array.from(expected ?? []).forEach((value, i) => {
    expect(Math.abs((found?.[i] as number) - value) / scale).toBeLessThan(digits);
  });
}

describe.each(kinds)("an unrolled encoder of a $name dictionary", ({ make, shape, stepSize, threshold }) => {
  const options = { iterations: 6, stepSize, learnStepSize: true } as const;
  const activations = [
    hardThreshold({ threshold }),
    hardThreshold({ threshold, oneSided: true }),
    softThreshold({ threshold: threshold / 2 }),
    // Few active: codes are sparse between the steps.
    hardThreshold({ threshold: 1.5 * threshold }),
  ];

  test.each(activations.map((activation) => ({ activation, name: JSON.stringify(activation.toConfig()) })))(
    "goes step by step to where it gets all at once: $name",
    ({ activation }) => {
      const x = normals(shape);
      const atOnce = gradientsOf(make(), options, activation, x);
      const byStep = gradientsOf(make(), options, opaque(activation), x);
      expect(atOnce.codes.some((code) => code !== 0)).toBe(true);
      expectClose(byStep.codes, atOnce.codes);
      byStep.gradients.forEach(({ name, values }, i) => {
        expect(name).toBe(atOnce.gradients[i]?.name);
        expectClose(values, atOnce.gradients[i]?.values, 5e-4);
      });
    },
  );

  test("is the definition, written out with dense tensors", () => {
    const dictionary = make();
    const x = normals(shape);
    let z: Tensor | undefined;
    for (let t = 0; t < 4; t++) {
      const residual = z === undefined ? x : sub(x, dictionary.synthesize({ kind: "dense", values: z }));
      const step = mul(dictionary.correlate(residual), stepSize);
      const u: Tensor = z === undefined ? step : add(z, step);
      z = mul(
        u,
        tensor(
          Float32Array.from(u.dataSync(), (value) => (Math.abs(value) > threshold ? 1 : 0)),
          u.shape,
        ),
      );
    }
    const model = new SparseAutoencoder({
      dictionary,
      encoder: unrolledEncoder(dictionary, { iterations: 4, stepSize }),
      activation: hardThreshold({ threshold }),
    });
    expectClose(toDense(model.encode(x)).dataSync(), z?.dataSync());
  });

  test("by power iteration takes steps that never raise the objective of a soft threshold; momentum gets lower", () => {
    const dictionary = make();
    const x = normals(shape);
    const largest = largestEigenvalue(dictionary, shape.slice(1, -1));
    const objective = (iterations: number, momentum: boolean): number => {
      const lambda = threshold / stepSize / 4;
      const encoder = unrolledEncoder(dictionary, { iterations, momentum });
      const model = new SparseAutoencoder({
        dictionary,
        encoder,
        activation: softThreshold({ threshold: lambda / largest }),
      });
      return tidy(() => {
        const { codes, reconstruction } = model.forward(x);
        // Sums over the grid on both sides, or means: the same objective up to a factor.
        const size = (values: Tensor) => sum(values).dataSync()[0];
        return size(square(sub(x, reconstruction))) / 2 + lambda * size(abs(toDense(codes)));
      });
    };
    const plain = [1, 2, 4, 8, 16].map((iterations) => objective(iterations, false));
    plain.slice(1).forEach((value, i) => {
      expect(value).toBeLessThanOrEqual(plain[i] * (1 + 1e-5));
    });
    expect(objective(16, true)).toBeLessThanOrEqual(plain[4] * (1 + 1e-5));
  });

  test("with an analytic gradient differentiates the synthesis only", () => {
    const x = normals(shape);
    const dictionary = make();
    const encoder = unrolledEncoder(dictionary, { iterations: 5, stepSize, gradient: "analytic" });
    const model = new SparseAutoencoder({ dictionary, encoder, activation: hardThreshold({ threshold }) });
    const variable: Variable = dictionary.parameters[0].variable;
    const found = variableGrads(() => meanSquaredError(x, model.forward(x).reconstruction), [variable]).grads;
    const held = detach(toDense(model.encode(x)));
    const expected = variableGrads(
      () => meanSquaredError(x, dictionary.synthesize({ kind: "dense", values: held })),
      [variable],
    ).grads;
    expectClose(found[variable.name]?.dataSync(), expected[variable.name]?.dataSync());
  });
});

test("with top-k it is iterative hard thresholding: at most k are active, and more steps explain more", () => {
  const dictionary = denseDictionary({ inputs: 24, concepts: 32 }, createRandom(3));
  const x = dictionary.synthesize({
    kind: "dense",
    values: tensor(
      Float32Array.from({ length: 8 * 32 }, (_, i) => (i % 11 === 0 ? 2 : 0)),
      [8, 32],
    ),
  });
  const errors = [1, 30].map((iterations) => {
    const encoder = unrolledEncoder(dictionary, { iterations, stepSize: 0.4 });
    const model = new SparseAutoencoder({ dictionary, encoder, activation: topK({ k: 3 }) });
    const { codes, reconstruction } = model.forward(x);
    expect(codes.kind).toBe("sparse");
    return sum(square(sub(x, reconstruction))).dataSync()[0];
  });
  expect(errors[1]).toBeLessThan(0.2 * errors[0]);
});

test("a lifted residual and one in the data space agree for atoms in the range of an orthogonal L, and not for others", () => {
  const matrices = lifting({ channels: 12, lifted: 16 }, createRandom(5));
  const x = normals([4, 12]);
  const codes = (atoms: Tensor, residual: "lifted" | "data") => {
    const dictionary = liftedDictionary(denseDictionary({ inputs: 16, concepts: 20 }, atoms), matrices);
    const encoder = unrolledEncoder(dictionary, { iterations: 5, stepSize: 0.2, residual });
    const model = new SparseAutoencoder({ dictionary, encoder, activation: hardThreshold({ threshold: 0.3 }) });
    return toDense(model.encode(x)).dataSync();
  };
  const inRange = matrices.lift(normals([20, 12], 6));
  const small = mul(inRange, 0.3);
  expectClose(codes(small, "lifted"), codes(small, "data"));
  const elsewhere = mul(normals([20, 16], 7), 0.3);
  const [lifted, data] = [codes(elsewhere, "lifted"), codes(elsewhere, "data")];
  expect(lifted.some((value, i) => Math.abs(value - data[i]) > 0.01)).toBe(true);
});

test("impossible options are refused by name", () => {
  const dictionary = denseDictionary({ inputs: 3, concepts: 4 }, createRandom(1));
  expect(() => unrolledEncoder(dictionary, { iterations: 0 })).toThrow(/iterations must be a positive integer/);
  expect(() => unrolledEncoder(dictionary, { iterations: 2, stepSize: -1 })).toThrow(
    /stepSize must be a positive number/,
  );
  expect(() => unrolledEncoder(dictionary, { iterations: 2, learnStepSize: true })).toThrow(/set stepSize to one/);
});
