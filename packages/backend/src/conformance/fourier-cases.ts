import { analyzePoints, samplePoints } from "../contracts/points.ts";
import { truncatedAnalysis, truncatedSynthesis } from "../contracts/truncated-transforms.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase } from "./conformance-case.ts";
import { analysisReference, synthesisReference } from "./fourier-reference.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import type { ReferenceArray } from "./reference-array.ts";
import { gatherReference, scatterReference } from "./selection-reference.ts";

interface Transform {
  readonly name: string;
  readonly rows: number;
  readonly grid: Grid;
  readonly modes: Modes;
}

const transforms: readonly Transform[] = [
  { name: "one point", rows: 1, grid: [1], modes: [1] },
  { name: "odd axis, all modes", rows: 3, grid: [7], modes: [4] },
  { name: "even axis, all modes", rows: 2, grid: [8], modes: [4] },
  { name: "the mean only", rows: 2, grid: [6], modes: [1] },
  { name: "long axis", rows: 5, grid: [200], modes: [33] },
  { name: "axis of a power of two", rows: 3, grid: [64], modes: [13] },
  { name: "plane of one point", rows: 2, grid: [1, 1], modes: [1, 1] },
  { name: "odd by even plane", rows: 3, grid: [5, 6], modes: [2, 3] },
  { name: "even by odd plane, last axis constant", rows: 2, grid: [6, 5], modes: [3, 1] },
  { name: "odd plane, all modes", rows: 2, grid: [7, 7], modes: [4, 4] },
  { name: "large plane", rows: 3, grid: [32, 32], modes: [12, 12] },
  { name: "volume", rows: 2, grid: [3, 4, 5], modes: [2, 2, 2] },
  { name: "volume with unequal modes", rows: 2, grid: [2, 3, 6], modes: [1, 2, 3] },
  { name: "large volume", rows: 2, grid: [8, 9, 10], modes: [3, 3, 3] },
  { name: "no rows", rows: 0, grid: [5, 6], modes: [2, 3] },
];

/** Synthesis on a grid too small for the modes still evaluates the function. */
const coarse: readonly Transform[] = [
  { name: "axis too small for the modes", rows: 2, grid: [4], modes: [4] },
  { name: "plane too small for the modes", rows: 2, grid: [3, 2], modes: [3, 2] },
];

export function fourierCases(): ConformanceCase[] {
  return [
    ...transforms.map(analysisCase),
    ...[...transforms, ...coarse].map(synthesisCase),
    ...transforms.flatMap((transform) => [analyzePointsCase(transform), samplePointsCase(transform)]),
  ];
}

function analysisCase({ name, rows, grid, modes }: Transform): ConformanceCase {
  return conformanceCase({
    contract: truncatedAnalysis,
    name,
    attributes: { modes },
    inputs: (random) => ({ x: randomArray(random, [rows, ...grid]) }),
    reference({ x }) {
      const { re, im } = analysisReference(x, grid, modes);
      const shape = [rows, ...spectrumShape(modes)];
      return { re: reshaped(re, shape), im: reshaped(im, shape) };
    },
  });
}

function synthesisCase({ name, rows, grid, modes }: Transform): ConformanceCase {
  const shape = [rows, ...spectrumShape(modes)];
  return conformanceCase({
    contract: truncatedSynthesis,
    name,
    attributes: { grid },
    inputs: (random) => ({ re: randomArray(random, shape), im: randomArray(random, shape) }),
    reference: ({ re, im }) => ({ x: reshaped(synthesisReference(re, im, modes, grid), [rows, ...grid]) }),
  });
}

function analyzePointsCase({ name, rows, grid, modes }: Transform): ConformanceCase {
  const kept = Math.ceil(sizeOf(grid) / 4);
  return conformanceCase({
    contract: analyzePoints,
    name,
    attributes: { grid, modes },
    inputs: (random) => ({
      values: randomArray(random, [rows, kept]),
      positions: randomIndices(random, rows, kept, sizeOf(grid)),
    }),
    reference: ({ values, positions }) =>
      analysisReference(scatterReference(values, positions, sizeOf(grid)), grid, modes),
  });
}

function samplePointsCase({ name, rows, grid, modes }: Transform): ConformanceCase {
  const kept = Math.ceil(sizeOf(grid) / 4);
  const shape = [rows, sizeOf(spectrumShape(modes))];
  return conformanceCase({
    contract: samplePoints,
    name,
    attributes: { grid, modes },
    inputs: (random) => ({
      re: randomArray(random, shape),
      im: randomArray(random, shape),
      positions: randomIndices(random, rows, kept, sizeOf(grid)),
    }),
    reference: ({ re, im, positions }) => ({
      values: gatherReference(synthesisReference(re, im, modes, grid), positions),
    }),
  });
}

function reshaped(array: ReferenceArray, shape: readonly number[]): ReferenceArray {
  return { ...array, shape };
}
