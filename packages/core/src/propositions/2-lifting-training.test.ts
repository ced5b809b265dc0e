/** specification: Propositions 2: lifting, training. Codes are held fixed. */
import { sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type Optimizer, tensor, train, type Variable } from "@tensorflow/tfjs-core";
import { beforeAll, describe, test } from "vitest";
import {
  allSteps,
  dictionaryOf,
  expectDifferent,
  expectEqual,
  gradientsOf,
  inFloat32,
  inFloat64,
  lift,
  sample,
} from "./__fixtures__/public-api.ts";
import {
  channelMatrix,
  conv,
  dense,
  encode,
  fourier,
  gaussian,
  gradient,
  type Matrix,
  matrix,
  orthonormal,
  pointwise,
  product,
  type Reference,
  scaled,
  subtract,
  transposed,
} from "./__fixtures__/reference.ts";

beforeAll(() => useBackend(wasmBackend));

const kinds = [
  { name: "dense", make: dense, channels: 4, scale: 0.45 },
  { name: "conv", make: conv, channels: 2, scale: 0.25 },
  { name: "fourier", make: fourier, channels: 2, scale: 1.4 },
];
const rate = 0.01;
const minus = (a: Matrix, b: Matrix) => matrix(a.rows, a.columns, subtract(a.values, b.values));
const times = (a: Matrix, factor: number) => matrix(a.rows, a.columns, scaled(a.values, factor));

describe.each(kinds.flatMap((kind) => allSteps.map((steps) => ({ ...kind, steps }))))(
  "9.2 $name, T = $steps.iterations: a step on the lifted dictionary changes the effective one by P P^T times the unlifted step",
  ({ make, channels, scale, steps }) => {
    const plain: Reference = make(channels);
    const lifted: Reference = make(channels + 3);
    const Dl = gaussian(sizeOf(lifted.shape), 1, scale);
    const x = gaussian(sizeOf(plain.grid) * channels, 3);
    const z = encode(lifted, Dl, pointwise(x, orthonormal(channels + 3, channels, 5)), steps);
    const projections = {
      generic: matrix(channels, channels + 3, gaussian(channels * (channels + 3), 4, 0.6)),
      "P P^T = I": transposed(orthonormal(channels + 3, channels, 5)),
    };
    const asMatrix = (parameter: ArrayLike<number>, reference: Reference) =>
      channelMatrix(Array.from(parameter), reference);

    /** `D = P D_l` as a matrix `[C, everything else]`, G to D, and the gradients to D_l and P of the loss `|x - P D_l z|^2 / 2`. */
    function float64(P: Matrix) {
      const D = product(P, asMatrix(Dl, lifted));
      const effective: Reference = {
        ...lifted,
        channels,
        synthesize: (parameter, codes) => pointwise(lifted.synthesize(parameter, codes), P),
      };
      const Gl = asMatrix(gradient(effective, Dl, z, x), lifted);
      const r = subtract(x, effective.synthesize(Dl, z));
      // G: the unlifted gradient where D z = P D_l z.
      const G = asMatrix(gradient(plain, toParameter(D), z, x), plain);
      // d |x - P y|^2 / 2 to P is -(x - P y) y^T, y = D_l z.
      const y = lifted.synthesize(Dl, z);
      const points = x.length / channels;
      const GP = times(product(transposed(matrix(points, channels, r)), matrix(points, channels + 3, y)), -1);
      return { D, G, Gl, GP, DlMatrix: asMatrix(Dl, lifted) };
    }

    test.each(Object.entries(projections))("float64, %s", (name, P) => {
      const { D, G, Gl } = float64(P);
      const change = minus(product(P, minus(asMatrix(Dl, lifted), times(Gl, rate))), D);
      expectEqual(change.values, times(product(product(P, transposed(P)), G), -rate).values, inFloat64);
      if (name === "generic") expectDifferent(change.values, times(G, -rate).values);
      else expectEqual(change.values, times(G, -rate).values, inFloat64);
    });

    test("float64: when P is learned too the change is -eta (P P^T G + G D_l^T D_l) + eta^2 G D_l^T P^T G", () => {
      const { D, G, Gl, GP, DlMatrix } = float64(projections.generic);
      const P = projections.generic;
      const after = product(minus(P, times(GP, rate)), minus(DlMatrix, times(Gl, rate)));
      const first = product(product(P, transposed(P)), G);
      const second = product(product(G, transposed(DlMatrix)), DlMatrix);
      const third = product(product(product(G, transposed(DlMatrix)), transposed(P)), G);
      const expected = first.values.map((value, i) => -rate * (value + second.values[i]) + rate ** 2 * third.values[i]);
      expectEqual(minus(after, D).values, expected, inFloat64);
      // The second term is not small: without it the change is another.
      expectDifferent(minus(after, D).values, times(first, -rate).values);
    });

    /** What a step of an optimizer changes in the effective dictionary, and G there, all in float32. */
    function float32(P: Matrix, optimizer: () => Optimizer, learned: boolean) {
      const dictionary = lift(dictionaryOf(lifted, Dl), transposed(P), P);
      const own = dictionaryOf(plain, toParameter(product(P, asMatrix(Dl, lifted))));
      const codes = tensor(z, [1, ...plain.grid, plain.concepts]);
      const data = sample(x, plain);
      const project = () => {
        const found = dictionary.sharedParameters?.find(({ name }) => name === "lifting.project");
        return matrix(channels, channels + 3, learned ? Array.from(found?.variable.dataSync() ?? []) : P.values);
      };
      const effective = () => product(project(), asMatrix(dictionary.parameters[0].variable.dataSync(), lifted));
      const before = effective();
      const gradients = gradientsOf(dictionary, codes, data);
      const project32 = dictionary.sharedParameters?.find(({ name }) => name === "lifting.project");
      take(optimizer, dictionary.parameters[0].variable, gradients.parameter);
      if (learned) take(optimizer, project32?.variable as Variable, gradients["lifting.project"]);
      const change = minus(effective(), before);
      const G = asMatrix(gradientsOf(own, codes, data).parameter, plain);
      const ownBefore = asMatrix(own.parameters[0].variable.dataSync(), plain);
      take(optimizer, own.parameters[0].variable, gradientsOf(own, codes, data).parameter);
      return { change, G, unlifted: minus(asMatrix(own.parameters[0].variable.dataSync(), plain), ownBefore) };
    }

    function take(optimizer: () => Optimizer, variable: Variable, gradient: Float32Array): void {
      optimizer().applyGradients({ [variable.name]: tensor(gradient, variable.shape) });
    }

    /** Back from `[C, everything else]`. */
    function toParameter({ rows, columns, values }: Matrix): number[] {
      const inner = sizeOf(plain.shape.slice(plain.channelAxis + 1));
      const parameter = new Array<number>(rows * columns).fill(0);
      values.forEach((value, i) => {
        const [c, rest] = [Math.floor(i / columns), i % columns];
        parameter[(Math.floor(rest / inner) * rows + c) * inner + (rest % inner)] = value;
      });
      return parameter;
    }

    test.each(Object.entries(projections))("float32, SGD, %s", (name, P) => {
      const { change, G, unlifted } = float32(P, () => train.sgd(rate), false);
      expectEqual(change.values, times(product(product(P, transposed(P)), G), -rate).values, inFloat32);
      if (name === "generic") expectDifferent(change.values, unlifted.values);
      else expectEqual(change.values, unlifted.values, inFloat32);
    });

    test("float32, SGD, P learned too", () => {
      const P = projections.generic;
      const { change } = float32(P, () => train.sgd(rate), true);
      const { G, DlMatrix } = float64(P);
      const first = product(product(P, transposed(P)), G);
      const second = product(product(G, transposed(DlMatrix)), DlMatrix);
      const third = product(product(product(G, transposed(DlMatrix)), transposed(P)), G);
      const expected = first.values.map((value, i) => -rate * (value + second.values[i]) + rate ** 2 * third.values[i]);
      expectEqual(change.values, expected, inFloat32);
      expectDifferent(change.values, times(first, -rate).values);
    });

    test("Adam breaks it: not equal even where P P^T = I", () => {
      const { change, unlifted } = float32(projections["P P^T = I"], () => train.adam(rate), false);
      expectDifferent(change.values, unlifted.values);
    });
  },
);
