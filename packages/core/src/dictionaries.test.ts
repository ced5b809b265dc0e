import { mapSparsity, toDense } from "@saeno/activations";
import { cpuBackend, createRandom, type Grid, packTheta, sizeOf, truncatedAnalysis, useBackend } from "@saeno/backend";
import { toRows } from "@saeno/fft";
import { lifting } from "@saeno/lifting";
import {
  abs,
  div,
  eye,
  matMul,
  max,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  convDictionary,
  type Dictionary,
  denseDictionary,
  type Encoder,
  fourierDictionary,
  liftedDictionary,
  matchingPursuitEncoder,
  shallowEncoder,
  tokenDictionary,
  unrolledEncoder,
} from "./index.ts";
import { testDictionary, testEncoder } from "./testing.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const normals = (shape: number[], seed = 1) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);
const number = (x: Tensor) => x.dataSync()[0];
const largestDifference = (a: Tensor, b: Tensor) => number(max(abs(sub(a, b))));

const random = () => createRandom(3);

/** Kernels of a lifted space, in the range of the lifting. */
function liftedKernels(): Dictionary {
  const inner = convDictionary({ channels: 3, concepts: 5, kernel: [3, 3] }, random());
  const matrices = lifting({ channels: 2, lifted: 3 }, random());
  tidy(() => inner.mapChannels?.(transpose(matrices.lift(matrices.project(eye(3)))) as Tensor2D));
  inner.normalize();
  return liftedDictionary(inner, matrices);
}

const cases: [name: string, grid: Grid, make: () => Dictionary][] = [
  ["dense", [], () => denseDictionary({ inputs: 9, concepts: 5 }, random())],
  ["conv in 1 dimension", [8], () => convDictionary({ channels: 2, concepts: 5, kernel: [3] }, random())],
  ["conv, circular", [6, 7], () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 5] }, random())],
  [
    "conv with zero padding",
    [6, 7],
    () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 5], padding: "zero" }, random()),
  ],
  ["conv in 3 dimensions", [4, 5, 3], () => convDictionary({ channels: 1, concepts: 4, kernel: [3, 3, 1] }, random())],
  ["fourier in 1 dimension", [8], () => fourierDictionary({ channels: 2, concepts: 5, modes: [3] }, random())],
  ["fourier", [6, 7], () => fourierDictionary({ channels: 2, concepts: 5, modes: [2, 3] }, random())],
  [
    "fourier, global start",
    [5, 6],
    () => fourierDictionary({ channels: 1, concepts: 5, modes: [3, 2], start: "global" }, random()),
  ],
  [
    "fourier of rank 1",
    [6, 7],
    () => fourierDictionary({ channels: 1, concepts: 5, modes: [2, 3], rank: 1 }, random()),
  ],
  [
    "fourier of full rank",
    [6, 7],
    () => fourierDictionary({ channels: 2, concepts: 5, modes: [2, 3], rank: 2 }, random()),
  ],
  [
    "fourier in 3 dimensions",
    [3, 4, 5],
    () => fourierDictionary({ channels: 1, concepts: 4, modes: [2, 2, 2] }, random()),
  ],
  ["tokens", [3, 4], () => tokenDictionary({ channels: 3, concepts: 5 }, random())],
  ["tokens in 1 dimension", [5], () => tokenDictionary({ channels: 3, concepts: 5, axes: 1 }, random())],
  ["lifted conv", [6, 7], liftedKernels],
];

describe.each(cases)("%s", (_, grid, make) => {
  testDictionary({ test, make, grid });
});

test("the same seed gives the same dictionary", () => {
  for (const [, , make] of cases) {
    const [one, two] = [make(), make()].map(({ parameters }) => parameters[0].variable.dataSync());
    expect(one).toEqual(two);
  }
});

const encoders: [string, (dictionary: Dictionary) => Encoder][] = [
  ["shallow", (dictionary) => shallowEncoder(dictionary)],
  ["shallow, tied", (dictionary) => shallowEncoder(dictionary, { tied: true })],
  ["shallow, by distances", (dictionary) => shallowEncoder(dictionary, { distance: true })],
  ["unrolled", (dictionary) => unrolledEncoder(dictionary, { iterations: 3, stepSize: 0.1, learnStepSize: true })],
  [
    "unrolled, with momentum",
    (dictionary) => unrolledEncoder(dictionary, { iterations: 3, stepSize: 0.1, momentum: true }),
  ],
  ["matching-pursuit", (dictionary) => matchingPursuitEncoder(dictionary, { steps: 2 })],
];

describe.each(encoders)("the encoder %s", (_, make) => {
  testEncoder({ test, make });
});

describe("locality", () => {
  test("of a spectrum and of the kernel with its values it is the same", () => {
    // The grid holds more than the modes: else the discrete mean takes the highest frequencies of both signs for neighbors.
    for (const [modes, grid] of [
      [[3], [7]],
      [
        [3, 2],
        [7, 5],
      ],
      [
        [2, 2, 3],
        [5, 5, 7],
      ],
    ]) {
      const spectra = fourierDictionary({ channels: 2, concepts: 4, modes }, random());
      const kernels = convDictionary({ channels: 2, concepts: 4, kernel: grid }, random());
      kernels.assign(spectra.atoms({ grid, origin: "corner" }));
      const [a, b] = [spectra, kernels].map((dictionary) => dictionary.locality?.(grid).dataSync() ?? []);
      a.forEach((value, k) => {
        expect(b[k]).toBeCloseTo(value, 5);
      });
    }
  });

  test("it is half the number of axes for noise, less for a localized start, and least where an atom is at the origin", () => {
    const [modes, grid] = [
      [8, 8],
      [15, 15],
    ];
    const of = (dictionary: Dictionary) => [...(dictionary.locality?.(grid).dataSync() ?? [])];
    const mean = (values: number[]) => values.reduce((total, value) => total + value, 0) / values.length;
    const started = (start: "localized" | "global") =>
      fourierDictionary({ channels: 1, concepts: 30, modes, start }, random());
    expect(mean(of(started("global")))).toBeCloseTo(1, 1);
    const local = started("localized");
    expect(mean(of(local))).toBeLessThan(0.25);

    const bump = (row: number, column: number) =>
      Array.from({ length: 225 }, (_, n) => {
        const [i, j] = [Math.floor(n / 15) - row, (n % 15) - column].map((x) => Math.sin((Math.PI * x) / 15) ** 2);
        return Math.exp(-20 * (i + j));
      });
    const places = [
      [0, 0],
      [1, 0],
      [0, 14],
      [3, 2],
      [7, 7],
    ] as const;
    local.assign(
      tensor(
        places.flatMap(([row, column]) => bump(row, column)),
        [5, 15, 15, 1],
      ),
      {
        concepts: [0, 1, 2, 3, 4],
      },
    );
    const moved = of(local).slice(0, 5);
    for (const other of moved.slice(1)) expect(other).toBeGreaterThan(moved[0] + 1e-3);
    expect(moved[1]).toBeCloseTo(moved[2], 5);
    expect(moved[4]).toBeGreaterThan(1.5);
  });

  test("vectors have none; a lifted dictionary has that of its atoms", () => {
    expect(denseDictionary({ inputs: 4, concepts: 3 }, random()).locality).toBeUndefined();
    expect(liftedKernels().locality).toBeDefined();
  });
});

describe("the fourier dictionary", () => {
  test("atoms have the L2 norm of their parameter on every grid, and agree where grids share points", () => {
    const dictionary = fourierDictionary({ channels: 2, concepts: 4, modes: [3, 4] }, createRandom(1));
    for (const grid of [
      [5, 7],
      [8, 8],
      [15, 21],
    ]) {
      const norms = sqrt(sum(reshape(square(dictionary.atoms({ grid, origin: "corner" })), [4, -1]), 1));
      expect(number(max(abs(sub(norms, Math.sqrt(sizeOf(grid))))))).toBeLessThan(1e-4 * sizeOf(grid));
    }
    const [coarse, fine] = [
      dictionary.atoms({ grid: [8, 8], origin: "corner" }).arraySync() as number[][][][],
      dictionary.atoms({ grid: [16, 24], origin: "corner" }).arraySync() as number[][][][],
    ];
    for (let i = 0; i < 8; i++) expect(coarse[1]?.[i]?.[3]?.[1]).toBeCloseTo(fine[1]?.[2 * i]?.[9]?.[1], 4);
  });

  test("a parameter off the symmetry of real functions acts through its projection", () => {
    const dictionary = fourierDictionary({ channels: 1, concepts: 2, modes: [2, 2] }, normals([2, 2, 1, 3, 2]));
    const atoms = dictionary.atoms({ grid: [5, 5], origin: "corner" });
    dictionary.normalize();
    const norms = sqrt(sum(reshape(square(atoms), [2, -1]), 1));
    const scaled = mul(dictionary.atoms({ grid: [5, 5], origin: "corner" }), reshape(norms, [2, 1, 1, 1]));
    expect(largestDifference(scaled, mul(atoms, 5))).toBeLessThan(1e-4);
  });

  test("a localized start holds its energy around the origin, a global one does not", () => {
    const share = (start: "localized" | "global") => {
      const atoms = fourierDictionary({ channels: 1, concepts: 8, modes: [8], start }, createRandom(4)).atoms({
        grid: [60],
        origin: "corner",
      });
      const values = atoms.dataSync();
      let [near, all] = [0, 0];
      values.forEach((value, i) => {
        const distance = Math.min(i % 60, 60 - (i % 60)) / 60;
        all += value * value;
        if (distance < 0.2) near += value * value;
      });
      return near / all;
    };
    expect(share("localized")).toBeGreaterThan(0.9);
    expect(share("global")).toBeLessThan(0.6);
  });

  test("a grid too coarse for the modes is refused where they must all be there, with the axis and the smallest that works", () => {
    const dictionary = fourierDictionary({ channels: 1, concepts: 2, modes: [2, 4] }, createRandom(1));
    expect(() => dictionary.checkGrid([8, 6])).toThrow(/Axis 2 has 6 points, too few for 4 modes: at least 7/);
    dictionary.checkGrid([8, 6], { truncated: true });
    expect(() => dictionary.checkGrid([8], { truncated: true })).toThrow(/one number per axis/);
    expect([dictionary.bandLimit?.([8, 6]), dictionary.bandLimit?.([8, 7])]).toEqual([
      [2, 3],
      [2, 4],
    ]);
  });

  test.each([[[5, 6]], [[4, 9]], [[1, 3]]])(
    "on the coarse grid %s it is the dictionary of the modes it holds",
    (grid) => {
      const options = { channels: 2, concepts: 5 };
      const whole = fourierDictionary({ ...options, modes: [4, 5] }, createRandom(1));
      const modes = whole.bandLimit?.(grid) ?? [];
      const odd = modes.map((count) => 2 * count - 1);
      const cut = fourierDictionary({ ...options, modes }, createRandom(2));
      cut.assign(whole.atoms({ grid: odd, origin: "corner" }), { norm: "given" });
      const [x, z] = [normals([3, ...grid, 2], 2), normals([3, ...grid, 5], 3)];
      const codes = { kind: "dense", values: z } as const;
      expect(largestDifference(whole.correlate(x), cut.correlate(x))).toBeLessThan(1e-5);
      expect(largestDifference(whole.synthesize(codes), cut.synthesize(codes))).toBeLessThan(1e-4);
      const sparse = (dictionary: Dictionary) => tidy(() => toDense(activation.apply(dictionary.preCodes(x))));
      const activation = mapSparsity({ concepts: 2, domain: { count: 2 } });
      expect(largestDifference(sparse(whole), sparse(cut))).toBeLessThan(1e-5);
    },
  );

  test("of a rank it is the nearest there is: one pattern of channels is kept, and of more the largest", () => {
    const [modes, grid] = [
      [3, 2],
      [5, 3],
    ];
    const options = { channels: 3, concepts: 4, modes };
    const ofRank = (rank: number) => fourierDictionary({ ...options, rank }, createRandom(1));
    const [one, two] = [ofRank(1), ofRank(2)];
    expect(one.parameters.map(({ variable }) => variable.shape)).toEqual([
      [4, 2, 1, 5, 2],
      [4, 1, 3],
    ]);
    const atoms = (dictionary: Dictionary) => dictionary.atoms({ grid, origin: "corner" });
    const known = atoms(one);
    for (const other of [two, fourierDictionary(options, createRandom(2))]) {
      other.assign(known);
      expect(largestDifference(atoms(other), known)).toBeLessThan(1e-5);
    }
    const full = fourierDictionary(options, createRandom(5));
    one.assign(atoms(full), { norm: "given" });
    // Of a matrix [points, C] the nearest of rank 1 (Eckart and Young) takes off what its largest singular value is.
    for (let k = 0; k < 4; k++) {
      const matrix = (dictionary: Dictionary) => reshape(slice(atoms(dictionary), k, 1), [15, 3]);
      const [whole, left] = [matrix(full), sub(matrix(full), matrix(one))];
      const total = number(sum(square(whole)));
      const random = normals([3, 400], 6) as Tensor2D;
      const rays = sum(square(matMul(whole as Tensor2D, random)), 0);
      const largest = number(max(div(rays, sum(square(random), 0))));
      const taken = total - number(sum(square(left)));
      expect(taken).toBeGreaterThanOrEqual(largest - 1e-5);
      expect(taken).toBeLessThan(1.05 * largest);
    }
    const before = two.squaredNorms().dataSync();
    two.assign(slice(known, 1, 1), { concepts: [2], norm: { kept: 0.5 } });
    expect(two.squaredNorms().dataSync()[2]).toBeCloseTo(before[2] / 4, 5);
    expect(() => ofRank(4)).toThrow("rank must be an integer of 1 to 3, the number of channels; got 4.");
  });

  test("with the coefficients of kernels on an odd grid and all modes it is the conv dictionary (specification: Propositions 3)", () => {
    const grid = [7, 9];
    const conv = convDictionary({ channels: 2, concepts: 3, kernel: [3, 5] }, createRandom(9));
    const { re, im } = truncatedAnalysis({ x: toRows(conv.atoms({ grid, origin: "corner" })) }, { modes: [4, 5] });
    const roots = tensor([1, ...Array(4).fill(Math.SQRT2)]);
    const scaled = (part: Tensor) => mul(reshape(part, [3, 2, 7, 5]), mul(roots, sizeOf(grid)));
    const fourier = fourierDictionary(
      { channels: 2, concepts: 3, modes: [4, 5] },
      packTheta({ re: scaled(re), im: scaled(im) }),
    );
    const x = normals([2, ...grid, 2], 2);
    const z = normals([2, ...grid, 3], 3);
    const codes = { kind: "dense", values: z } as const;
    expect(largestDifference(fourier.synthesize(codes), conv.synthesize(codes))).toBeLessThan(1e-4);
    expect(largestDifference(fourier.correlate(x), conv.correlate(x))).toBeLessThan(1e-4);
  });
});

describe("bad shapes are refused by name", () => {
  test("kernels must be odd and fit the grid", () => {
    expect(() => convDictionary({ channels: 1, concepts: 2, kernel: [4, 3] }, createRandom(1))).toThrow(/odd sizes/);
    const dictionary = convDictionary({ channels: 1, concepts: 2, kernel: [7] }, createRandom(1));
    expect(() => dictionary.checkGrid([5])).toThrow(/Axis 1 has 5 points, fewer than the kernel's 7/);
    expect(() => dictionary.checkGrid([9, 9])).toThrow(/needs 1 grid axes; got 2/);
  });

  test("a dense dictionary takes vectors", () => {
    expect(() => denseDictionary({ inputs: 4, concepts: 2 }, createRandom(1)).checkGrid([2, 2])).toThrow(/Flatten/);
  });
});
