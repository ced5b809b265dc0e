import { type ConvEnergiesAttributes, convEnergies } from "../contracts/conv-energies.ts";
import {
  accumulateConvPoints,
  decodeConvPoints,
  encodeConvPoints,
  sampleConvPoints,
} from "../contracts/conv-points.ts";
import type { Padding } from "../contracts/patches.ts";
import type { Random } from "../random.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import {
  accumulateConvPointsReference,
  convEnergiesReference,
  decodeConvPointsReference,
  encodeConvPointsReference,
  sampleConvPointsReference,
} from "./conv-points-reference.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

interface Shape {
  readonly name: string;
  readonly batch: number;
  readonly grid: Grid;
  readonly size: Grid;
  readonly channels: number;
  readonly concepts: number;
  readonly chosen: number;
  readonly count: number;
}

const shapes: readonly Shape[] = [
  { name: "one of each", batch: 1, grid: [1], size: [1], channels: 1, concepts: 1, chosen: 1, count: 1 },
  { name: "odd axis", batch: 3, grid: [7], size: [3], channels: 2, concepts: 5, chosen: 3, count: 2 },
  { name: "even axis", batch: 2, grid: [16], size: [5], channels: 1, concepts: 2, chosen: 2, count: 16 },
  {
    name: "kernel larger than the grid",
    batch: 2,
    grid: [3],
    size: [9],
    channels: 2,
    concepts: 2,
    chosen: 1,
    count: 2,
  },
  {
    name: "kernel as large as the grid",
    batch: 2,
    grid: [5, 7],
    size: [5, 7],
    channels: 1,
    concepts: 7,
    chosen: 7,
    count: 3,
  },
  { name: "plane", batch: 3, grid: [5, 6], size: [3, 5], channels: 3, concepts: 6, chosen: 5, count: 4 },
  { name: "pointwise plane", batch: 2, grid: [4, 3], size: [1, 1], channels: 5, concepts: 3, chosen: 2, count: 1 },
  { name: "large plane", batch: 2, grid: [12, 44], size: [7, 5], channels: 1, concepts: 19, chosen: 8, count: 24 },
  { name: "volume", batch: 2, grid: [3, 4, 10], size: [3, 1, 3], channels: 2, concepts: 4, chosen: 3, count: 6 },
  { name: "no samples", batch: 0, grid: [5, 6], size: [3, 3], channels: 3, concepts: 4, chosen: 2, count: 5 },
];

/** Kernels large enough that a backend may prefer transforms to direct sums. */
const largeKernels: readonly Shape[] = [
  { name: "large kernel on an axis", batch: 3, grid: [98], size: [71], channels: 2, concepts: 9, chosen: 1, count: 1 },
  { name: "large kernel", batch: 2, grid: [15, 12], size: [11, 9], channels: 2, concepts: 11, chosen: 1, count: 1 },
  {
    name: "large kernel, prime",
    batch: 5,
    grid: [13, 11],
    size: [9, 9],
    channels: 1,
    concepts: 10,
    chosen: 1,
    count: 1,
  },
  {
    name: "large kernel, volume",
    batch: 1,
    grid: [6, 5, 8],
    size: [5, 5, 5],
    channels: 1,
    concepts: 3,
    chosen: 1,
    count: 1,
  },
];

/** Grids and kernels of which a backend may make a part at a time. */
const inParts: readonly Shape[] = [
  { name: "long axis", batch: 2, grid: [1030], size: [9], channels: 1, concepts: 6, chosen: 2, count: 30 },
  { name: "long kernel", batch: 2, grid: [40], size: [2001], channels: 1, concepts: 2, chosen: 1, count: 3 },
  { name: "plane in parts", batch: 2, grid: [33, 70], size: [5, 7], channels: 2, concepts: 6, chosen: 5, count: 60 },
  { name: "kernel in parts", batch: 2, grid: [6, 12], size: [41, 39], channels: 1, concepts: 3, chosen: 2, count: 3 },
  {
    name: "volume in parts",
    batch: 1,
    grid: [6, 20, 24],
    size: [3, 3, 5],
    channels: 1,
    concepts: 3,
    chosen: 2,
    count: 9,
  },
];

const energies: readonly Omit<ConvEnergiesAttributes, "padding">[] = [
  { kind: "preactivation" },
  { kind: "rectified" },
  { kind: "kept", count: 3 },
  { kind: "kept", count: 10_000 },
  { kind: "kept" },
];

export function convPointsCases(): ConformanceCase[] {
  const paddings: readonly Padding[] = ["circular", "zero"];
  return [
    ...shapes.flatMap((shape) =>
      paddings.flatMap((padding) => [
        ...energies.map((energy) => energiesCase(shape, { ...energy, padding })),
        encodeCase(shape, padding),
        decodeCase(shape, padding),
        sampleCase(shape, padding),
        accumulateCase(shape, padding),
      ]),
    ),
    ...largeKernels.flatMap((shape) =>
      paddings.flatMap((padding) => energies.slice(0, 3).map((energy) => energiesCase(shape, { ...energy, padding }))),
    ),
    ...inParts.flatMap((shape) =>
      paddings.flatMap((padding) => [
        energiesCase(shape, { kind: "preactivation", padding }),
        encodeCase(shape, padding),
        decodeCase(shape, padding),
      ]),
    ),
    equalValuesCase(),
    nanCase({
      contract: encodeConvPoints,
      name: "NaN in a sample",
      attributes: { padding: "circular", count: 2 },
      inputs: withNaN,
    }),
    nanCase({
      contract: convEnergies,
      name: "NaN among points to keep",
      attributes: { padding: "zero", kind: "kept", count: 2 },
      inputs: withNaN,
    }),
  ];
}

function sampleOf(random: Random, { batch, grid, channels }: Shape): ReferenceArray {
  return randomArray(random, [batch, ...grid, channels]);
}

function kernelsOf(random: Random, { concepts, size, channels }: Shape): ReferenceArray {
  return randomArray(random, [concepts, ...size, channels]);
}

function conceptsOf(random: Random, { batch, chosen, concepts }: Shape): ReferenceArray {
  return randomIndices(random, batch, chosen, concepts);
}

function positionsOf(random: Random, { batch, chosen, count, grid }: Shape): ReferenceArray {
  return { ...randomIndices(random, batch * chosen, count, sizeOf(grid)), shape: [batch, chosen, count] };
}

/** Some are zero: nothing is active there. */
function valuesOf(random: Random, { batch, chosen, count }: Shape): ReferenceArray {
  const array = randomArray(random, [batch, chosen, count]);
  return { ...array, values: array.values.map((value, i) => (i % 5 === 3 ? 0 : value)) };
}

function energiesCase(shape: Shape, attributes: ConvEnergiesAttributes): ConformanceCase {
  const { kind, count, padding } = attributes;
  return conformanceCase({
    contract: convEnergies,
    name: `${shape.name}, ${padding}, ${kind}${count === undefined ? "" : ` ${count}`}`,
    attributes,
    inputs: (random) => ({
      x: sampleOf(random, shape),
      kernels: kernelsOf(random, shape),
      bias: randomArray(random, [shape.concepts]),
    }),
    reference: ({ x, kernels, bias }) => ({ energies: convEnergiesReference(x, kernels, bias, attributes) }),
  });
}

function encodeCase(shape: Shape, padding: Padding): ConformanceCase {
  const { name, count } = shape;
  return conformanceCase({
    contract: encodeConvPoints,
    name: `${name}, ${padding}`,
    attributes: { padding, count },
    inputs: (random) => ({
      x: sampleOf(random, shape),
      kernels: kernelsOf(random, shape),
      bias: randomArray(random, [shape.concepts]),
      concepts: conceptsOf(random, shape),
    }),
    reference: (inputs) => encodeConvPointsReference(inputs, padding, count),
  });
}

function decodeCase(shape: Shape, padding: Padding): ConformanceCase {
  const { name, grid } = shape;
  return conformanceCase({
    contract: decodeConvPoints,
    name: `${name}, ${padding}`,
    attributes: { padding, grid },
    inputs: (random) => ({
      values: valuesOf(random, shape),
      positions: positionsOf(random, shape),
      concepts: conceptsOf(random, shape),
      kernels: kernelsOf(random, shape),
    }),
    reference: (inputs) => ({ x: decodeConvPointsReference(inputs, grid, padding) }),
  });
}

function sampleCase(shape: Shape, padding: Padding): ConformanceCase {
  return conformanceCase({
    contract: sampleConvPoints,
    name: `${shape.name}, ${padding}`,
    attributes: { padding },
    inputs: (random) => ({
      x: sampleOf(random, shape),
      kernels: kernelsOf(random, shape),
      positions: positionsOf(random, shape),
      concepts: conceptsOf(random, shape),
    }),
    reference: (inputs) => ({ values: sampleConvPointsReference(inputs, padding) }),
  });
}

function accumulateCase(shape: Shape, padding: Padding): ConformanceCase {
  const { name, size, concepts: conceptCount } = shape;
  return conformanceCase({
    contract: accumulateConvPoints,
    name: `${name}, ${padding}`,
    attributes: { padding, size, conceptCount },
    inputs: (random) => ({
      x: sampleOf(random, shape),
      values: valuesOf(random, shape),
      positions: positionsOf(random, shape),
      concepts: conceptsOf(random, shape),
    }),
    reference: (inputs) => ({ kernels: accumulateConvPointsReference(inputs, size, conceptCount, padding) }),
  });
}

/** Kernels of zeros: maps are constant, and stay so a small step away. */
function equalValuesCase(): ConformanceCase {
  const bias = { ...zeros([2]), values: Float64Array.of(0.5, -1) };
  const concepts = { ...zeros([1, 2], "int32"), values: Float64Array.of(0, 1) };
  return conformanceCase({
    contract: encodeConvPoints,
    name: "equal values keep the lower index",
    attributes: { padding: "circular", count: 3 },
    inputs: () => ({ x: zeros([1, 4, 3, 1]), kernels: zeros([2, 3, 3, 1]), bias, concepts }),
    reference: (inputs) => encodeConvPointsReference(inputs, "circular", 3),
  });
}

function withNaN(random: Random): Record<"x" | "kernels" | "bias" | "concepts", ReferenceArray> {
  const x = randomArray(random, [2, 6, 5, 1]);
  x.values[41] = Number.NaN;
  return {
    x,
    kernels: randomArray(random, [3, 3, 3, 1]),
    bias: zeros([3]),
    concepts: randomIndices(random, 2, 2, 3),
  };
}
