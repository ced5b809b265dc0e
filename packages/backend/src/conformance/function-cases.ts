import {
  analyzeFunctions,
  centeredBias,
  centerGradient,
  sumAtZero,
  synthesizeFunctions,
} from "../contracts/functions.ts";
import { type Grid, type Modes, sizeOf, spectrumShape, zeroFrequency } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase } from "./conformance-case.ts";
import { analysisReference, synthesisReference } from "./fourier-reference.ts";
import { randomArray } from "./random-array.ts";
import { type ReferenceArray, type ReferenceArrays, zeros } from "./reference-array.ts";

interface Samples {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  readonly grid: Grid;
  readonly modes: Modes;
}

const samples: readonly Samples[] = [
  { name: "one of each", batch: 1, channels: 1, grid: [1], modes: [1] },
  { name: "axis", batch: 11, channels: 1, grid: [9], modes: [5] },
  { name: "axis with channels", batch: 3, channels: 3, grid: [10], modes: [4] },
  { name: "axis, channels in fours", batch: 2, channels: 8, grid: [11], modes: [6] },
  { name: "plane", batch: 3, channels: 1, grid: [6, 7], modes: [3, 4] },
  { name: "plane with channels", batch: 2, channels: 5, grid: [6, 8], modes: [2, 3] },
  { name: "plane, channels in fours", batch: 2, channels: 4, grid: [5, 8], modes: [3, 5] },
  { name: "plane, the mean only", batch: 2, channels: 12, grid: [4, 4], modes: [1, 1] },
  { name: "plane, many channels", batch: 2, channels: 44, grid: [7, 6], modes: [4, 3] },
  { name: "volume", batch: 2, channels: 4, grid: [3, 4, 5], modes: [2, 2, 3] },
  { name: "no samples", batch: 0, channels: 4, grid: [4, 4], modes: [2, 2] },
];

export function functionCases(): ConformanceCase[] {
  return samples.flatMap((sample) => [
    analysisCase(sample),
    synthesisCase(sample),
    sumCase(sample),
    ...centerCases(sample),
  ]);
}

function analysisCase({ name, batch, channels, grid, modes }: Samples): ConformanceCase {
  return conformanceCase({
    contract: analyzeFunctions,
    name,
    attributes: { modes },
    inputs: (random) => ({
      x: randomArray(random, [batch, ...grid, channels]),
      center: randomArray(random, [channels]),
    }),
    reference({ x, center }) {
      const moved = { ...x, values: x.values.map((value, i) => value - center.values[i % channels]) };
      const { re, im } = analysisReference(turned(moved, sizeOf(grid), channels), grid, modes);
      const shape = [batch, channels, sizeOf(spectrumShape(modes))];
      return { re: { ...re, shape }, im: { ...im, shape } };
    },
  });
}

function synthesisCase({ name, batch, channels, grid, modes }: Samples): ConformanceCase {
  const shape = [batch, channels, sizeOf(spectrumShape(modes))];
  return conformanceCase({
    contract: synthesizeFunctions,
    name,
    attributes: { grid, modes },
    inputs: (random) => ({
      re: randomArray(random, shape),
      im: randomArray(random, shape),
      shift: randomArray(random, [channels]),
    }),
    reference: (inputs) => ({ x: functionsReference(inputs, grid, modes) }),
  });
}

/** Spectra re, im `[B, C, M]` and shift `[C]` to functions `[B, ...grid, C]`. */
export function functionsReference(
  { re, im, shift }: ReferenceArrays<"re" | "im" | "shift">,
  grid: Grid,
  modes: Modes,
): ReferenceArray {
  const [batch, channels] = re.shape;
  const rows = turned(synthesisReference(re, im, modes, grid), channels, sizeOf(grid));
  const values = rows.values.map((value, i) => value + shift.values[i % channels]);
  return { ...rows, values, shape: [batch, ...grid, channels] };
}

function sumCase({ name, batch, channels, modes }: Samples): ConformanceCase {
  const frequencies = sizeOf(spectrumShape(modes));
  return conformanceCase({
    contract: sumAtZero,
    name,
    attributes: { modes, scale: -2 },
    inputs: (random) => ({ re: randomArray(random, [batch, channels, frequencies]) }),
    reference({ re }) {
      const sum = zeros([channels]);
      for (let row = 0; row < batch * channels; row++) {
        sum.values[row % channels] -= 2 * re.values[row * frequencies + zeroFrequency(modes)];
      }
      return { sum };
    },
  });
}

/** The gradient of a center is one of pre-codes, not of the biases that carry it: compared by itself. */
function centerCases({ name, batch, channels, modes }: Samples): ConformanceCase[] {
  const concepts = batch + 1;
  const theta = [concepts, 2, channels, ...spectrumShape(modes)];
  return [
    conformanceCase({
      contract: centerGradient,
      name,
      attributes: {},
      inputs: (random) => ({ theta: randomArray(random, theta), upstream: randomArray(random, [concepts]) }),
      reference({ theta, upstream }) {
        const center = zeros([channels]);
        const frequencies = sizeOf(spectrumShape(modes));
        for (let k = 0; k < concepts; k++) {
          for (let c = 0; c < channels; c++) {
            const at = (2 * k * channels + c) * frequencies + zeroFrequency(modes);
            center.values[c] -= theta.values[at] * upstream.values[k];
          }
        }
        return { center };
      },
    }),
    conformanceCase({
      contract: centeredBias,
      name,
      attributes: {},
      forwardOnly: true,
      inputs: (random) => ({
        bias: randomArray(random, [concepts]),
        center: randomArray(random, [channels]),
        theta: randomArray(random, theta),
      }),
      reference: ({ bias }) => ({ centered: bias }),
    }),
  ];
}

/** Matrices `[rows, columns]`, one after the other, transposed. */
function turned(x: ReferenceArray, rows: number, columns: number): ReferenceArray {
  const size = rows * columns;
  const matrices = x.values.length / Math.max(1, size);
  const result = zeros([matrices * columns, rows]);
  for (let i = 0; i < x.values.length; i++) {
    const [matrix, row, column] = [Math.floor(i / size), Math.floor((i % size) / columns), i % columns];
    result.values[matrix * size + column * rows + row] = x.values[i];
  }
  return result;
}
