import { tidy } from "@tensorflow/tfjs-core";
import type { Tensors } from "../contract.ts";
import { unrolledMaps } from "../contracts/unrolled-maps.ts";
import { unrolledMapsGradient } from "../contracts/unrolled-maps-gradient.ts";
import {
  type UnrolledMapsAttributes,
  type UnrolledMapsInput,
  unrolledMapsTrace,
} from "../contracts/unrolled-maps-trace.ts";
import type { ThresholdKind } from "../contracts/unrolled-rows-trace.ts";
import { unrolledSynthesisGradient } from "../contracts/unrolled-synthesis-gradient.ts";
import type { Random } from "../random.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import { functionsReference } from "./function-cases.ts";
import { randomArray } from "./random-array.ts";
import { type ReferenceArray, type ReferenceArrays, zeros } from "./reference-array.ts";
import {
  iterateMaps,
  unrolledMapsGradientReference,
  unrolledMapsTraceReference,
  unrolledSynthesisGradientReference,
  unrolledSynthesisReference,
} from "./unrolled-maps-reference.ts";

interface Shape {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  readonly concepts: number;
  readonly grid: Grid;
  readonly modes: Modes;
  readonly iterations: number;
  /** Pre-activations of the first step are approximately standard normal. */
  readonly threshold: number;
}

const shapes: readonly Shape[] = [
  {
    name: "one of everything",
    batch: 1,
    channels: 1,
    concepts: 1,
    grid: [1],
    modes: [1],
    iterations: 1,
    threshold: 0.2,
  },
  { name: "one step", batch: 2, channels: 2, concepts: 3, grid: [9], modes: [4], iterations: 1, threshold: 0.8 },
  { name: "a line, odd", batch: 3, channels: 2, concepts: 5, grid: [15], modes: [6], iterations: 4, threshold: 0.9 },
  { name: "a line, even", batch: 2, channels: 3, concepts: 11, grid: [20], modes: [10], iterations: 3, threshold: 0.7 },
  { name: "a line, sparse", batch: 2, channels: 1, concepts: 9, grid: [64], modes: [8], iterations: 4, threshold: 2.1 },
  {
    name: "one concept",
    batch: 3,
    channels: 2,
    concepts: 1,
    grid: [6, 7],
    modes: [3, 3],
    iterations: 4,
    threshold: 0.8,
  },
  { name: "even", batch: 2, channels: 5, concepts: 4, grid: [8, 8], modes: [4, 4], iterations: 3, threshold: 0.8 },
  { name: "odd", batch: 2, channels: 1, concepts: 6, grid: [7, 9], modes: [3, 5], iterations: 4, threshold: 0.8 },
  {
    name: "not square",
    batch: 1,
    channels: 4,
    concepts: 3,
    grid: [12, 5],
    modes: [6, 2],
    iterations: 5,
    threshold: 0.6,
  },
  {
    name: "few modes",
    batch: 2,
    channels: 2,
    concepts: 10,
    grid: [16, 10],
    modes: [3, 1],
    iterations: 3,
    threshold: 1.2,
  },
  {
    name: "few points",
    batch: 2,
    channels: 6,
    concepts: 9,
    grid: [10, 16],
    modes: [4, 6],
    iterations: 5,
    threshold: 2.6,
  },
  {
    name: "all inactive",
    batch: 2,
    channels: 2,
    concepts: 3,
    grid: [6, 6],
    modes: [3, 3],
    iterations: 3,
    threshold: 100,
  },
  { name: "all active", batch: 2, channels: 4, concepts: 2, grid: [5, 6], modes: [2, 3], iterations: 3, threshold: 0 },
  {
    name: "many samples",
    batch: 37,
    channels: 1,
    concepts: 2,
    grid: [5, 4],
    modes: [2, 2],
    iterations: 3,
    threshold: 0.9,
  },
  {
    name: "a volume",
    batch: 2,
    channels: 2,
    concepts: 4,
    grid: [4, 3, 5],
    modes: [2, 2, 3],
    iterations: 3,
    threshold: 1,
  },
  {
    name: "a volume, even",
    batch: 1,
    channels: 1,
    concepts: 3,
    grid: [4, 6, 4],
    modes: [2, 3, 2],
    iterations: 3,
    threshold: 1.4,
  },
  {
    name: "no samples",
    batch: 0,
    channels: 2,
    concepts: 3,
    grid: [6, 5],
    modes: [3, 3],
    iterations: 3,
    threshold: 0.5,
  },
];

const kinds: readonly ThresholdKind[] = ["hard", "one-sided", "soft"];

type Combination = Shape & { readonly kind: ThresholdKind };

export function unrolledMapsCases(): ConformanceCase[] {
  const combinations = shapes.flatMap((shape) => kinds.map((kind) => ({ ...shape, kind })));
  // Behind the codes the kind of threshold no longer matters.
  const synthesized = shapes.map((shape) => ({ ...shape, kind: "hard" as const }));
  return [
    ...combinations.flatMap((shape) => [traceCase(shape), gradientCase(shape), codesCase(shape)]),
    ...synthesized.flatMap((shape) => [synthesisGradientCase(shape), ...synthesisCases(shape)]),
    ...[1, 3].map((iterations) => notNumberCase({ ...shapes[5], iterations, kind: "hard" })),
  ];
}

function attributesOf({ grid, modes, iterations, threshold, kind }: Combination): UnrolledMapsAttributes {
  return { grid, modes, iterations, threshold, kind };
}

function traceCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledMapsTrace,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs: (random) => apartFromThreshold(random, shape),
    reference: unrolledMapsTraceReference,
  });
}

function gradientCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledMapsGradient,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs(random) {
      const inputs = apartFromThreshold(random, shape);
      const outputs = unrolledMapsTraceReference(inputs, attributesOf(shape));
      return { ...inputs, ...outputs, upstream: randomArray(random, outputs.codes.shape) };
    },
    reference: ({ upstream, ...inputs }, attributes) => unrolledMapsGradientReference(upstream, inputs, attributes),
  });
}

function synthesisGradientCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledSynthesisGradient,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs(random) {
      const inputs = apartFromThreshold(random, shape);
      const outputs = unrolledMapsTraceReference(inputs, attributesOf(shape));
      const { zRe, zIm } = unrolledSynthesisReference(inputs, attributesOf(shape));
      const part = () => randomArray(random, inputs.xRe.shape);
      return { ...inputs, ...outputs, zRe, zIm, upstreamRe: part(), upstreamIm: part() };
    },
    reference: (inputs, attributes) => unrolledSynthesisGradientReference(inputs, attributes),
  });
}

const definition = {
  name: "SaenoUnrolledMaps",
  inputs: ["xRe", "xIm", "dRe", "dIm", "stepSize"] as const,
  gradient: unrolledMapsGradient,
};

/** What a loss may ask for: codes, what they synthesize, or both. */
const codesAlone = Object.assign(
  (inputs: Tensors<UnrolledMapsInput>, attributes: UnrolledMapsAttributes) =>
    tidy(() => ({ codes: unrolledMaps(inputs, attributes).codes })),
  { definition: { ...definition, outputs: ["codes"] as const } },
);
const shifted = [...definition.inputs, "shift"] as const;
type Shifted = Tensors<UnrolledMapsInput | "shift">;
const synthesisAlone = Object.assign(
  ({ shift, ...inputs }: Shifted, attributes: UnrolledMapsAttributes) =>
    tidy(() => ({ x: unrolledMaps(inputs, attributes).synthesis(shift) })),
  { definition: { ...definition, inputs: shifted, outputs: ["x"] as const } },
);
const codesAndSynthesis = Object.assign(
  ({ shift, ...inputs }: Shifted, attributes: UnrolledMapsAttributes) =>
    tidy(() => {
      const { codes, synthesis } = unrolledMaps(inputs, attributes);
      return { codes, x: synthesis(shift) };
    }),
  { definition: { ...definition, inputs: shifted, outputs: ["codes", "x"] as const } },
);

function codesCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: codesAlone,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs: (random) => apartFromThreshold(random, shape),
    reference: (inputs, attributes) => ({ codes: unrolledMapsTraceReference(inputs, attributes).codes }),
  });
}

function synthesisCases(shape: Combination): ConformanceCase[] {
  const attributes = attributesOf(shape);
  const inputs = (random: Random) => ({
    ...apartFromThreshold(random, shape),
    shift: randomArray(random, [shape.channels]),
  });
  const xOf = ({ shift, ...given }: ReferenceArrays<UnrolledMapsInput | "shift">) => {
    const { re, im } = unrolledSynthesisReference(given, attributes);
    return functionsReference({ re, im, shift }, shape.grid, shape.modes);
  };
  return [
    conformanceCase({
      contract: synthesisAlone,
      name: `${shape.name}, synthesis`,
      attributes,
      inputs,
      reference: (given) => ({ x: xOf(given) }),
    }),
    conformanceCase({
      contract: codesAndSynthesis,
      name: `${shape.name}, codes and synthesis`,
      attributes,
      inputs,
      reference: (given) => ({ codes: unrolledMapsTraceReference(given, attributes).codes, x: xOf(given) }),
    }),
  ];
}

function notNumberCase(shape: Combination): ConformanceCase {
  return nanCase({
    contract: codesAlone,
    name: `NaN in the second sample, ${shape.iterations} steps`,
    attributes: attributesOf(shape),
    inputs(random) {
      const inputs = apartFromThreshold(random, shape);
      const values = inputs.xRe.values.map((value, i) =>
        i === inputs.xRe.values.length / shape.batch ? Number.NaN : value,
      );
      return { ...inputs, xRe: { ...inputs.xRe, values } };
    },
  });
}

/**
 * Atoms of about unit norm, a step size at which the iteration does not grow, and samples whose pre-activations never come near the
 * threshold, where float32 and float64 would decide differently. Samples that do are drawn again.
 */
function apartFromThreshold(random: Random, shape: Combination): ReferenceArrays<UnrolledMapsInput> {
  const { batch, channels, concepts, modes, threshold, kind } = shape;
  const kept = sizeOf(spectrumShape(modes));
  const atoms = () => scaled(randomArray(random, [concepts, channels, kept]), 1 / Math.sqrt(2 * channels * kept));
  const alpha = (0.5 * channels * kept) / (Math.sqrt(concepts) + Math.sqrt(channels)) ** 2;
  const [dRe, dIm] = [atoms(), atoms()];
  const stepSize: ReferenceArray = { shape: [], values: Float64Array.of(Math.fround(alpha)), dtype: "float32" };
  const [xRe, xIm] = [zeros([batch, channels, kept]), zeros([batch, channels, kept])];
  for (let row = 0; row < batch; ) {
    const part = () => scaled(randomArray(random, [1, channels, kept]), 1 / (2 * alpha));
    const sample = { xRe: part(), xIm: part() };
    const { preActivations } = iterateMaps({ ...sample, dRe, dIm, stepSize }, attributesOf(shape));
    const near = preActivations.some(({ values }) =>
      values.some((u) => Math.abs((kind === "one-sided" ? u : Math.abs(u)) - threshold) < margin),
    );
    if (near) continue;
    xRe.values.set(sample.xRe.values, row * channels * kept);
    xIm.values.set(sample.xIm.values, row * channels * kept);
    row++;
  }
  return { xRe, xIm, dRe, dIm, stepSize };
}

const margin = 3e-5;

function scaled(array: ReferenceArray, factor: number): ReferenceArray {
  return { ...array, values: array.values.map((value) => Math.fround(value * factor)) };
}
