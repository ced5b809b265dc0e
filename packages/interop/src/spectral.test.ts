import { cpuBackend, createRandom, frequencies, sizeOf, useBackend } from "@saeno/backend";
import { type Dictionary, denseDictionary, fourierDictionary } from "@saeno/core";
import { encodeSafetensors, parseSafetensors } from "@saeno/datasets";
import { memory, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type ComplexTensor,
  complexSource,
  complexTensor,
  fourierFromLi,
  fourierFromNeuralop,
  liFromFourier,
  neuralopFromFourier,
  type SpectralRole,
} from "./index.ts";
import { eachIndex } from "./spectral-operator.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

/** What a peer multiplies the frequency `w` of input i by for output o; undefined where it keeps nothing. */
type Multiplier = (i: number, o: number, w: readonly number[]) => readonly [number, number] | undefined;

/**
 * `irfftn(W rfftn(x))` in float64, channels last: all frequencies of the half-spectrum by their sign, the imaginary part of what is its own
 * mirror on the last axis dropped, as an inverse real transform does.
 */
function spectralConvolution(
  x: Float64Array,
  grid: readonly number[],
  inputs: number,
  outputs: number,
  weight: Multiplier,
) {
  const points = sizeOf(grid);
  const last = grid.length - 1;
  const half = grid.map((N, axis) => (axis === last ? Math.floor(N / 2) + 1 : N));
  const y = new Float64Array(points * outputs);
  const angle = (w: readonly number[], at: readonly number[]) =>
    2 * Math.PI * w.reduce((sum, value, axis) => sum + (value * at[axis]) / grid[axis], 0);
  eachIndex(half, (bin) => {
    const w = bin.map((b, axis) => {
      const N = grid[axis];
      return axis === last || b < N / 2 ? b : b - N;
    });
    const spectrum = Array.from({ length: inputs }, (_, i) => {
      let [re, im] = [0, 0];
      eachIndex(grid, (at, p) => {
        re += x[p * inputs + i] * Math.cos(angle(w, at));
        im -= x[p * inputs + i] * Math.sin(angle(w, at));
      });
      return [re, im] as const;
    });
    const own = w[last] === 0 || 2 * w[last] === grid[last];
    for (let o = 0; o < outputs; o++) {
      let [re, im] = [0, 0];
      spectrum.forEach(([xRe, xIm], i) => {
        const [wRe, wIm] = weight(i, o, w) ?? [0, 0];
        re += wRe * xRe - wIm * xIm;
        im += wRe * xIm + wIm * xRe;
      });
      eachIndex(grid, (at, p) => {
        const turn = angle(w, at);
        y[p * outputs + o] =
          y[p * outputs + o] + ((own ? 1 : 2) * (re * Math.cos(turn) - im * Math.sin(turn))) / points;
      });
    }
  });
  return y;
}

/** `weight[:, :, index]`, index of neuralop: centered on the axes but the last. */
function neuralop({ shape, re, im }: ComplexTensor): Multiplier {
  const kept = shape.slice(2);
  return (i, o, w) => {
    let flat = i * shape[1] + o;
    for (const [axis, n] of kept.entries()) {
      const index = axis === kept.length - 1 ? w[axis] : w[axis] + Math.floor(n / 2);
      if (index < 0 || index >= n) return undefined;
      flat = flat * n + index;
    }
    return [re[flat], im[flat]];
  };
}

/** `out[:m1, :m2] = weights1`, `out[-m1:, :m2] = weights2`; in three dimensions `[:m1, -m2:]` and `[-m1:, -m2:]` besides. */
function li(blocks: readonly ComplexTensor[]): Multiplier {
  return (i, o, w) => {
    const block = (w[0] < 0 && w.length > 1 ? 1 : 0) + (w.length === 3 && w[1] < 0 ? 2 : 0);
    const { shape, re, im } = blocks[block];
    const kept = shape.slice(2);
    let flat = i * shape[1] + o;
    for (const [axis, m] of kept.entries()) {
      const value = w[axis];
      const index = value < 0 ? value + m : value;
      if (index < 0 || index >= m) return undefined;
      flat = flat * m + index;
    }
    return [re[flat], im[flat]];
  };
}

const random = (shape: readonly number[], seed: number): ComplexTensor => ({
  shape,
  re: createRandom(seed).normals(sizeOf(shape)),
  im: createRandom(seed + 1).normals(sizeOf(shape)),
});

/** That a dictionary synthesizes (decoder) or correlates (encoder) as the peer convolves. */
function expectOperator(dictionary: Dictionary, role: SpectralRole, grid: readonly number[], weight: Multiplier) {
  const { conceptCount: K, channels: C } = dictionary;
  const [inputs, outputs] = role === "decoder" ? [K, C] : [C, K];
  const x = new Float64Array(createRandom(9).normals(sizeOf(grid) * inputs));
  const expected = spectralConvolution(x, grid, inputs, outputs, weight);
  const found = tidy(() => {
    const input: Tensor = tensor(new Float32Array(x), [1, ...grid, inputs]);
    const output =
      role === "decoder" ? dictionary.synthesize({ kind: "dense", values: input }) : dictionary.correlate(input);
    return output.dataSync();
  });
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
  const size = Math.max(...expected.map(Math.abs));
  expect(size).toBeGreaterThan(0.1);
  expect(worst / size).toBeLessThan(1e-5);
}

const roles: SpectralRole[] = ["decoder", "encoder"];

describe("weights of neuralop", () => {
  // n_modes as SpectralConv is given them, grids that hold them: even, odd, finer.
  const cases: [number[], number[][]][] = [
    [[8], [[10], [11], [24]]],
    [[7], [[8], [9]]],
    [
      [6, 6],
      [
        [8, 10],
        [9, 7],
        [16, 18],
      ],
    ],
    [
      [5, 7],
      [
        [6, 8],
        [5, 9],
        [14, 11],
      ],
    ],
    [[4, 3, 4], [[6, 5, 6]]],
  ];
  test.each(cases)("n_modes %j: the same operator on %j, as decoder and as encoder", (nModes, grids) => {
    const kept = nModes.map((n, axis) => (axis === nModes.length - 1 ? Math.floor(n / 2) + 1 : n));
    for (const as of roles) {
      const weight = random([3, 2, ...kept], 5);
      const dictionary = fourierFromNeuralop(weight, { as });
      expect(dictionary.toConfig()).toMatchObject({ modes: nModes.map((n) => Math.floor(n / 2) + 1) });
      expect(dictionary.conceptCount).toBe(as === "decoder" ? 3 : 2);
      for (const grid of grids) expectOperator(dictionary, as, grid, neuralop(weight));
    }
  });

  test("a dictionary is written and read back, the same functions and the same operator", async () => {
    for (const as of roles) {
      const dictionary = fourierDictionary({ channels: 2, concepts: 3, modes: [4, 3] }, createRandom(3));
      const { weight, modes } = await neuralopFromFourier(dictionary, { as });
      expect(modes).toEqual([7, 5]);
      expect(weight.shape).toEqual([...(as === "decoder" ? [3, 2] : [2, 3]), 7, 3]);
      expectOperator(dictionary, as, [8, 9], neuralop(weight));
      const copy = fourierFromNeuralop(weight, { as });
      expect(copy.parameters[0].variable.shape).toEqual(dictionary.parameters[0].variable.shape);
      const theta = dictionary.parameters[0].variable.dataSync();
      copy.parameters[0].variable.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(theta[i], 6);
      });
    }
  });
});

describe("weights of Li et al.", () => {
  const cases: [number[], number[][]][] = [
    [[5], [[10], [9], [24]]],
    [
      [3, 4],
      [
        [8, 8],
        [7, 9],
        [20, 17],
      ],
    ],
    [[2, 2, 3], [[6, 5, 6]]],
  ];
  test.each(cases)("modes %j: the same operator on %j, as decoder and as encoder", (modes, grids) => {
    for (const as of roles) {
      const blocks = Array.from({ length: 2 ** (modes.length - 1) }, (_, i) => random([2, 3, ...modes], 20 + 2 * i));
      const dictionary = fourierFromLi(blocks, { as });
      for (const grid of grids) expectOperator(dictionary, as, grid, li(blocks));
    }
  });

  test("-modes is kept where modes is not: one more mode on all axes but the last", () => {
    const dictionary = fourierFromLi([random([1, 1, 3, 4], 1), random([1, 1, 3, 4], 3)], { as: "decoder" });
    expect(dictionary.toConfig()).toMatchObject({ modes: [4, 4] });
    expect(() => dictionary.checkGrid([6, 8])).toThrow(/7/);
  });

  test("a dictionary is written and read back with its own modes, in one to three dimensions", async () => {
    for (const modes of [[4], [3, 4], [2, 3, 2]]) {
      const dictionary = fourierDictionary({ channels: 2, concepts: 3, modes }, createRandom(3));
      for (const as of roles) {
        const { blocks } = await liFromFourier(dictionary, { as });
        expect(blocks.length).toBe(2 ** (modes.length - 1));
        expectOperator(
          dictionary,
          as,
          modes.map((m) => 2 * m),
          li(blocks),
        );
        const copy = fourierFromLi(blocks, { as });
        expect(copy.toConfig()).toMatchObject({ modes });
        const theta = dictionary.parameters[0].variable.dataSync();
        copy.parameters[0].variable.dataSync().forEach((value, i) => {
          expect(value).toBeCloseTo(theta[i], 6);
        });
      }
    }
  });

  test("both peers see the same dictionary alike, and nothing is left of the conversions", async () => {
    const before = memory().numTensors;
    const dictionary = fourierDictionary({ channels: 1, concepts: 2, modes: [3, 3] }, createRandom(4));
    const options = { as: "decoder" } as const;
    const { weight } = await neuralopFromFourier(dictionary, options);
    const { blocks } = await liFromFourier(dictionary, options);
    for (const first of frequencies([3, 3], 0))
      for (const second of frequencies([3, 3], 1))
        expect(neuralop(weight)(1, 0, [first, second])).toEqual(li(blocks)(1, 0, [first, second]));
    const copies = [fourierFromLi(blocks, options), fourierFromNeuralop(weight, options)];
    expect(memory().numTensors - before).toBe(3);
    for (const one of [dictionary, ...copies]) one.dispose();
    expect(memory().numTensors).toBe(before);
  });
});

describe("complex numbers in files", () => {
  const weight = random([2, 3, 4], 7);
  const { shape, re, im } = weight;
  const parts = (name: string, separator: string) => ({
    [`${name}${separator}real`]: { shape, values: re },
    [`${name}${separator}imag`]: { dtype: "F64" as const, shape, values: im },
  });

  test.each([
    ["a last axis of 2", { w: complexSource(weight) }],
    ["complex64", { w: complexSource(weight, "C64") }],
    ["w.real and w.imag", parts("w", ".")],
    ["w_real and w_imag", parts("w", "_")],
  ])("%s", (_, tensors) => {
    const found = complexTensor(parseSafetensors(encodeSafetensors(tensors), "x"), "w");
    expect(found.shape).toEqual(shape);
    expect(Array.from(found.re)).toEqual(Array.from(re));
    expect(Array.from(found.im)).toEqual(Array.from(im));
  });

  test("what is not a complex tensor is refused by name", () => {
    const file = (tensors: Parameters<typeof encodeSafetensors>[0]) =>
      parseSafetensors(encodeSafetensors(tensors), "x");
    expect(() => complexTensor(file({ v: { shape: [1], values: [1] } }), "w")).toThrow(
      /no complex tensor "w".*The file has: v/,
    );
    expect(() => complexTensor(file({ w: { shape: [3], values: [1, 2, 3] } }), "w")).toThrow(
      /shape \[3\].*last axis of 2/,
    );
    const unequal = { "w.real": { shape: [1], values: [1] }, "w.imag": { shape: [2], values: [1, 2] } };
    expect(() => complexTensor(file(unequal), "w")).toThrow(/real part of "w" has the shape \[1\]/);
  });
});

describe("spectral weights that are none", () => {
  const as = { as: "decoder" } as const;
  test("are refused by name", async () => {
    expect(() => fourierFromNeuralop(random([2, 3], 1), as)).toThrow(/shape \[2, 3\].*separable or a factorized/);
    const nan = { shape: [1, 1, 2], re: [1, Number.NaN], im: [0, 0] };
    expect(() => fourierFromNeuralop(nan, as)).toThrow(/The weight holds NaN/);
    expect(() => fourierFromLi([], as)).toThrow(/no weights/);
    expect(() => fourierFromLi([random([2, 3, 4, 4], 1)], as)).toThrow(/1 blocks of weights with 2 axes.*expected 2/);
    expect(() => fourierFromLi([random([2, 3, 4, 4], 1), random([2, 3, 4, 5], 1)], as)).toThrow(
      /weights2 has the shape/,
    );
    const dense = denseDictionary({ inputs: 3, concepts: 4 }, createRandom(0));
    await expect(neuralopFromFourier(dense, as)).rejects.toThrow(
      /of spectra, such as that of SAE-FNO; this one is of SAE-MLP/,
    );
    await expect(liFromFourier(dense, as)).rejects.toThrow(/this one is of SAE-MLP/);
  });
});
