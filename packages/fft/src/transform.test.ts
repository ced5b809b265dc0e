import { cpuBackend, createRandom, type Grid, type Modes, sizeOf, spectrumShape, useBackend } from "@saeno/backend";
import { mean, memory, mul, square, sum, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { analyze, type Spectrum } from "./analyze.ts";
import { resample } from "./resample.ts";
import { spectralEnergy } from "./spectral-energy.ts";
import { modesOf, synthesize } from "./synthesize.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const random = createRandom(1);

interface Example {
  readonly grid: Grid;
  readonly modes: Modes;
  /** Other grids that hold the modes: odd, even, coarser, finer. */
  readonly others: readonly Grid[];
}

const examples: readonly Example[] = [
  { grid: [9], modes: [3], others: [[5], [6], [8], [17], [32]] },
  { grid: [8], modes: [4], others: [[7], [9], [16]] },
  {
    grid: [7, 8],
    modes: [2, 3],
    others: [
      [3, 5],
      [4, 6],
      [12, 5],
      [15, 21],
    ],
  },
  {
    grid: [6, 5],
    modes: [3, 3],
    others: [
      [5, 6],
      [9, 12],
    ],
  },
  {
    grid: [5, 4, 6],
    modes: [2, 2, 3],
    others: [
      [3, 3, 5],
      [4, 7, 8],
    ],
  },
  {
    grid: [3, 1, 4],
    modes: [1, 1, 2],
    others: [
      [1, 2, 3],
      [2, 3, 5],
    ],
  },
];

function randomTensor(shape: readonly number[]): Tensor {
  return tensor(random.normals(sizeOf(shape)), [...shape]);
}

function gridPoints(grid: Grid): number[][] {
  return grid.reduce<number[][]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, n) => [...point, n / size])),
    [[]],
  );
}

/**
 * A function on the torus given by a formula: a few waves `amplitude cos(2 pi <w, t> + phase)` with all |w_j| < m_j,
 * including the highest frequencies, both signs and the mean.
 */
function waves(modes: Modes): (point: readonly number[]) => number {
  const highest = modes.map((m) => m - 1);
  const opposed = highest.map((w, axis) => (axis === 0 && modes.length > 1 ? -w : w));
  const list = [highest, opposed, modes.map(() => 0), highest.map((w) => Math.min(w, 1))].map((w) => ({
    w,
    amplitude: random.normal(),
    phase: random.uniform() * 6,
  }));
  return (point) =>
    list.reduce((total, { w, amplitude, phase }) => {
      const turns = w.reduce((inner, frequency, axis) => inner + frequency * point[axis], 0);
      return total + amplitude * Math.cos(2 * Math.PI * turns + phase);
    }, 0);
}

function sample(functions: readonly ((point: readonly number[]) => number)[], grid: Grid): Tensor {
  const values = gridPoints(grid).flatMap((point) => functions.map((f) => f(point)));
  return tensor(values, [1, ...grid, functions.length]);
}

/** The inner product of spectra that corresponds to that of functions: `sum_{stored w} c(w) Re(a conj(b))`. */
function spectralProduct(a: Spectrum, b: Spectrum): number {
  const last = modesOf(a).at(-1) as number;
  const counts = tensor(
    Float32Array.from({ length: last }, (_, w) => (w === 0 ? 1 : 2)),
    [last, 1],
  );
  return sum(mul(counts, mul(a.re, b.re))).dataSync()[0] + sum(mul(counts, mul(a.im, b.im))).dataSync()[0];
}

function expectEqual(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.dataSync();
  actual.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(values[i], 4);
  });
}

for (const { grid, modes, others } of examples) {
  const on = `[${grid}] with modes [${modes}]`;

  describe(`on the grid ${on}`, () => {
    test("synthesis is the adjoint of analysis in the L2 inner product", () => {
      const x = randomTensor([2, ...grid, 3]);
      const shape = [2, ...spectrumShape(modes), 3];
      const y = { re: randomTensor(shape), im: randomTensor(shape) };
      // <A x, y>_spectrum = <x, A* y>, the right-hand one a mean over the grid.
      const left = spectralProduct(analyze(x, { modes }), y);
      const right = sum(mul(x, synthesize(y, { grid }))).dataSync()[0] / sizeOf(grid);
      expect(left).toBeCloseTo(right, 4);
    });

    test("Parseval: the energy of a band-limited function is that of its coefficients", () => {
      const x = sample([waves(modes), waves(modes)], grid);
      const energy = mean(square(x)).dataSync()[0] * 2;
      expect(spectralEnergy(analyze(x, { modes })).dataSync()[0]).toBeCloseTo(energy, 4);
    });

    test("coefficients of a band-limited function are the same on every grid that holds it", () => {
      const functions = [waves(modes), waves(modes)];
      const expected = analyze(sample(functions, grid), { modes });
      for (const other of others) {
        const spectrum = analyze(sample(functions, other), { modes });
        expectEqual(spectrum.re, expected.re);
        expectEqual(spectrum.im, expected.im);
      }
    });

    test("a band-limited function analyzed here has its analytic values on every other grid", () => {
      const functions = [waves(modes), waves(modes)];
      const x = sample(functions, grid);
      for (const other of [grid, ...others]) {
        const expected = sample(functions, other);
        expectEqual(synthesize(analyze(x, { modes }), { grid: other }), expected);
        expectEqual(resample(x, { grid: other }), expected);
        expectEqual(resample(x, { grid: other, modes }), expected);
        expectEqual(resample(expected, { grid }), x);
      }
    });

    test("analysis after synthesis keeps the spectrum of a real function, and filtering twice is filtering once", () => {
      const x = randomTensor([2, ...grid, 2]);
      const filtered = resample(x, { grid, modes });
      expectEqual(resample(filtered, { grid, modes }), filtered);
      const [once, twice] = [analyze(x, { modes }), analyze(filtered, { modes })];
      expectEqual(twice.re, once.re);
      expectEqual(twice.im, once.im);
    });

    test("no public call leaves a tensor behind", () => {
      const x = randomTensor([2, ...grid, 3]);
      const before = memory().numTensors;
      const spectrum = analyze(x, { modes });
      expect(memory().numTensors).toBe(before + 2);
      const results = [synthesize(spectrum, { grid }), spectralEnergy(spectrum), resample(x, { grid })];
      expect(memory().numTensors).toBe(before + 5);
      for (const result of [...results, spectrum.re, spectrum.im]) result.dispose();
      expect(memory().numTensors).toBe(before);
      x.dispose();
    });
  });
}

describe("a cosine", () => {
  test("has half its amplitude at its frequency, and the sine of it in the imaginary part", () => {
    const grid = [12];
    const x = sample([([t]) => 3 * Math.cos(2 * Math.PI * 2 * t), ([t]) => 3 * Math.sin(2 * Math.PI * 2 * t)], grid);
    const { re, im } = analyze(x, { modes: [4] });
    // [B, M, C]: frequency 2, first the cosine, then the sine.
    expectEqual(re, tensor([0, 0, 0, 0, 1.5, 0, 0, 0], [1, 4, 2]));
    expectEqual(im, tensor([0, 0, 0, 0, 0, -1.5, 0, 0], [1, 4, 2]));
  });

  test("of a negative frequency on the first axis lies below the middle of that axis", () => {
    const x = sample([([s, t]) => Math.cos(2 * Math.PI * (t - s))], [5, 6]);
    const { re } = analyze(x, { modes: [2, 2] });
    // Rows -1, 0, 1 of the first axis; columns 0, 1 of the last.
    expectEqual(re, tensor([0, 0.5, 0, 0, 0, 0], [1, 3, 2, 1]));
  });
});

describe("the Nyquist frequency of an even grid", () => {
  for (const grid of [[8], [6, 4], [2, 4, 6]]) {
    test(`is dropped on [${grid}], whichever axis it is on`, () => {
      grid.forEach((_, axis) => {
        const alternating = sample([(point) => 2 + Math.cos(Math.PI * grid[axis] * point[axis])], grid);
        const kept = resample(alternating, { grid });
        for (const value of kept.dataSync()) expect(value).toBeCloseTo(2, 4);
      });
    });
  }

  test("is dropped by a grid of two points, which holds only the mean", () => {
    expectEqual(resample(tensor([1, 5], [1, 2, 1]), { grid: [3] }), tensor([3, 3, 3], [1, 3, 1]));
  });
});
