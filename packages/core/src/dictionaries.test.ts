import { type Codes, densePreCodes, mapSparsity, toDense } from "@saeno/activations";
import { cpuBackend, createRandom, type Grid, packTheta, sizeOf, truncatedAnalysis, useBackend } from "@saeno/backend";
import { toRows } from "@saeno/fft";
import {
  abs,
  max,
  memory,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { convDictionary, type Dictionary, denseDictionary, fourierDictionary } from "./index.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const normals = (shape: number[], seed = 1) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);
const number = (x: Tensor) => x.dataSync()[0];
const largestDifference = (a: Tensor, b: Tensor) => number(max(abs(sub(a, b))));

interface Case {
  readonly name: string;
  readonly make: () => Dictionary;
  readonly grid: Grid;
  readonly channels: number;
}

const cases: readonly Case[] = [
  { name: "dense", make: () => denseDictionary({ inputs: 9, concepts: 5 }, createRandom(3)), grid: [], channels: 9 },
  {
    name: "conv in 1 dimension",
    make: () => convDictionary({ channels: 2, concepts: 5, kernel: [3] }, createRandom(3)),
    grid: [8],
    channels: 2,
  },
  {
    name: "conv in 2 dimensions, circular",
    make: () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 5] }, createRandom(3)),
    grid: [6, 7],
    channels: 2,
  },
  {
    name: "conv in 2 dimensions, zero",
    make: () => convDictionary({ channels: 2, concepts: 5, kernel: [3, 5], padding: "zero" }, createRandom(3)),
    grid: [6, 7],
    channels: 2,
  },
  {
    name: "conv in 3 dimensions",
    make: () => convDictionary({ channels: 1, concepts: 4, kernel: [3, 3, 1] }, createRandom(3)),
    grid: [4, 5, 3],
    channels: 1,
  },
  {
    name: "fourier in 1 dimension",
    make: () => fourierDictionary({ channels: 2, concepts: 5, modes: [3] }, createRandom(3)),
    grid: [8],
    channels: 2,
  },
  {
    name: "fourier in 2 dimensions",
    make: () => fourierDictionary({ channels: 2, concepts: 5, modes: [2, 3] }, createRandom(3)),
    grid: [6, 7],
    channels: 2,
  },
  {
    name: "fourier in 2 dimensions, global start",
    make: () => fourierDictionary({ channels: 1, concepts: 5, modes: [3, 2], start: "global" }, createRandom(3)),
    grid: [5, 6],
    channels: 1,
  },
  {
    name: "fourier in 3 dimensions",
    make: () => fourierDictionary({ channels: 1, concepts: 4, modes: [2, 2, 2] }, createRandom(3)),
    grid: [3, 4, 5],
    channels: 1,
  },
];

/** Codes with a few entries, in both forms. */
function bothForms(dictionary: Dictionary, grid: Grid): { sparse: Codes; dense: Codes } {
  const a = normals([2, ...grid, dictionary.conceptCount], 8);
  const sparse = mapSparsity({ concepts: 2, domain: { density: 0.3 } }).apply(densePreCodes(a));
  return { sparse, dense: { kind: "dense", values: toDense(sparse) } };
}

describe.each(cases)("$name", ({ make, grid, channels }) => {
  test("correlation is the adjoint of synthesis: <D z, x> = <z, D* x>", () => {
    const dictionary = make();
    const z = normals([2, ...grid, dictionary.conceptCount], 5);
    const x = normals([2, ...grid, channels], 6);
    const left = number(sum(mul(dictionary.synthesize({ kind: "dense", values: z }), x)));
    const right = number(sum(mul(z, dictionary.correlate(x))));
    expect(left).toBeCloseTo(right, 4);
  });

  test("sparse codes decode to what the same codes decode to as a tensor", () => {
    const dictionary = make();
    const { sparse, dense } = bothForms(dictionary, grid);
    expect(largestDifference(dictionary.synthesize(sparse), dictionary.synthesize(dense))).toBeLessThan(1e-5);
  });

  test("whatever is asked of pre-codes agrees with all of them at once", () => {
    const dictionary = make();
    const x = normals([3, ...grid, channels], 6);
    const bias = tensor(createRandom(2).normals(dictionary.conceptCount)) as Tensor1D;
    const preCodes = dictionary.preCodes(x, bias);
    const reference = densePreCodes(preCodes.dense());
    for (const kind of ["rectified", "preactivation", "kept"] as const) {
      const options = { kind, energyGrid: "data", count: 2 } as const;
      expect(largestDifference(preCodes.energies(options), reference.energies(options))).toBeLessThan(1e-4);
    }
    const concepts = tensor(
      [
        [0, 2],
        [1, 3],
        [0, 1],
      ],
      [3, 2],
      "int32",
    ) as never;
    expect(largestDifference(preCodes.select(concepts), reference.select(concepts))).toBeLessThan(1e-5);
    const count = Math.min(3, sizeOf(grid));
    const [own, expected] = [preCodes.points(concepts, count), reference.points(concepts, count)];
    expect(Array.from(own.positions.dataSync())).toEqual(Array.from(expected.positions.dataSync()));
    expect(largestDifference(own.values, expected.values)).toBeLessThan(1e-5);
    const [few, fewExpected] = [preCodes.largest?.(3), reference.largest?.(3)];
    expect(few === undefined).toBe(grid.length > 0);
    if (few === undefined || fewExpected === undefined) return;
    expect(Array.from(few.concepts.dataSync())).toEqual(Array.from(fewExpected.concepts.dataSync()));
    expect(largestDifference(few.values, fewExpected.values)).toBeLessThan(1e-5);
  });

  test("atoms start at unit norm, and normalize brings them back to it", () => {
    const dictionary = make();
    const off = () => number(max(abs(sub(dictionary.squaredNorms(), 1))));
    expect(off()).toBeLessThan(1e-5);
    tidy(() => dictionary.parameters[0].variable.assign(mul(dictionary.parameters[0].variable, 3)));
    expect(off()).toBeGreaterThan(1.9);
    dictionary.normalize();
    expect(off()).toBeLessThan(1e-5);
  });

  test("no call leaves a tensor behind", () => {
    const x = normals([2, ...grid, channels]);
    const before = memory().numTensors;
    const dictionary = make();
    const copy = dictionary.copy();
    tidy(() => {
      dictionary.synthesize(bothForms(dictionary, grid).sparse);
    });
    dictionary.correlate(x).dispose();
    dictionary.atoms().dispose();
    dictionary.squaredNorms().dispose();
    dictionary.normalize();
    copy.dispose();
    dictionary.dispose();
    expect(memory().numTensors).toBe(before);
  });

  test("the same seed gives the same dictionary, a copy is equal and independent", () => {
    const [one, two] = [make(), make()];
    expect(Array.from(one.parameters[0].variable.dataSync())).toEqual(
      Array.from(two.parameters[0].variable.dataSync()),
    );
    const copy = one.copy();
    one.parameters[0].variable.assign(zeros(one.parameters[0].variable.shape));
    expect(largestDifference(copy.parameters[0].variable, two.parameters[0].variable)).toBe(0);
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

  test("a grid too small for the modes is refused with the axis and the smallest that works", () => {
    const dictionary = fourierDictionary({ channels: 1, concepts: 2, modes: [2, 4] }, createRandom(1));
    expect(() => dictionary.correlate(normals([1, 8, 6, 1]))).toThrow(
      /Axis 2 has 6 points, too few for 4 modes: at least 7/,
    );
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
