import { unrolledRows } from "../contracts/unrolled-rows.ts";
import { unrolledRowsGradient } from "../contracts/unrolled-rows-gradient.ts";
import {
  type ThresholdKind,
  type UnrolledRowsAttributes,
  unrolledRowsTrace,
} from "../contracts/unrolled-rows-trace.ts";
import type { Random } from "../random.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import { randomArray } from "./random-array.ts";
import { arrayOfRows, type ReferenceArray, type ReferenceArrays, zeros } from "./reference-array.ts";
import { iterate, unrolledGradientReference, unrolledTraceReference } from "./unrolled-reference.ts";

interface Shape {
  readonly name: string;
  readonly batch: number;
  readonly inputs: number;
  readonly concepts: number;
  readonly iterations: number;
  readonly threshold: number;
  readonly stepSize: number;
}

const shapes: readonly Shape[] = [
  { name: "one of everything", batch: 1, inputs: 1, concepts: 1, iterations: 1, threshold: 0.1, stepSize: 1 },
  { name: "one concept", batch: 5, inputs: 3, concepts: 1, iterations: 4, threshold: 0.1, stepSize: 0.5 },
  { name: "one step", batch: 6, inputs: 9, concepts: 14, iterations: 1, threshold: 0.3, stepSize: 0.6 },
  { name: "odd", batch: 3, inputs: 7, concepts: 11, iterations: 3, threshold: 0.25, stepSize: 0.3 },
  { name: "even", batch: 4, inputs: 8, concepts: 16, iterations: 6, threshold: 0.25, stepSize: 0.2 },
  { name: "all inactive", batch: 4, inputs: 5, concepts: 21, iterations: 3, threshold: 100, stepSize: 0.2 },
  { name: "all active", batch: 9, inputs: 40, concepts: 37, iterations: 4, threshold: 0, stepSize: 0.2 },
  { name: "many active", batch: 45, inputs: 50, concepts: 63, iterations: 4, threshold: 0.05, stepSize: 0.2 },
  { name: "many samples", batch: 133, inputs: 12, concepts: 60, iterations: 4, threshold: 0.35, stepSize: 0.2 },
  { name: "large", batch: 23, inputs: 60, concepts: 330, iterations: 4, threshold: 0.5, stepSize: 0.2 },
  { name: "large and sparse", batch: 22, inputs: 40, concepts: 410, iterations: 5, threshold: 0.9, stepSize: 0.3 },
  { name: "many concepts", batch: 2, inputs: 9, concepts: 45, iterations: 3, threshold: 0.3, stepSize: 0.2 },
  { name: "no samples", batch: 0, inputs: 4, concepts: 6, iterations: 3, threshold: 0.1, stepSize: 0.2 },
];

const kinds: readonly ThresholdKind[] = ["hard", "one-sided", "soft"];

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const notNumbers: readonly { readonly name: string; readonly x: number[][]; readonly iterations: number }[] = [
  {
    name: "NaN in the second sample",
    x: [
      [1, 2],
      [nan, 1],
    ],
    iterations: 1,
  },
  { name: "infinity times zero", x: [[infinity, 1]], iterations: 1 },
  { name: "NaN in the second step", x: [[3e38, 3e38]], iterations: 3 },
];

export function unrolledCases(): ConformanceCase[] {
  const combinations = shapes.flatMap((shape) => kinds.map((kind) => ({ ...shape, kind })));
  return [
    ...combinations.flatMap((shape) => [traceCase(shape), gradientCase(shape), unrolledCase(shape)]),
    ...notNumbers.map(({ name, x, iterations }) =>
      nanCase({
        contract: unrolledRows,
        name,
        attributes: { iterations, threshold: 0.5, kind: "hard" },
        inputs: () => ({
          x: arrayOfRows(x),
          atoms: arrayOfRows([
            [1, 0],
            [0.8, 0.6],
            [0, 1],
          ]),
          stepSize: scalar(2),
        }),
      }),
    ),
  ];
}

type Combination = Shape & { readonly kind: ThresholdKind };

function attributesOf({ iterations, threshold, kind }: Combination): UnrolledRowsAttributes {
  return { iterations, threshold, kind };
}

function traceCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledRowsTrace,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs: (random) => apartFromThreshold(random, shape),
    reference: ({ x, atoms, stepSize }, attributes) => unrolledTraceReference(x, atoms, stepSize, attributes),
  });
}

function gradientCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledRowsGradient,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs(random) {
      const inputs = apartFromThreshold(random, shape);
      const { x, atoms, stepSize } = inputs;
      const outputs = unrolledTraceReference(x, atoms, stepSize, attributesOf(shape));
      return { ...inputs, ...outputs, upstream: randomArray(random, outputs.codes.shape) };
    },
    reference: ({ upstream, x, atoms, stepSize }, attributes) =>
      unrolledGradientReference(upstream, x, atoms, stepSize, attributes),
  });
}

function unrolledCase(shape: Combination): ConformanceCase {
  return conformanceCase({
    contract: unrolledRows,
    name: `${shape.name}, ${shape.kind}`,
    attributes: attributesOf(shape),
    inputs: (random) => apartFromThreshold(random, shape),
    reference: ({ x, atoms, stepSize }, attributes) => ({
      codes: unrolledTraceReference(x, atoms, stepSize, attributes).codes,
    }),
  });
}

/**
 * Unit atoms, and samples whose pre-activations never come near the threshold, where float32 and float64 would decide differently.
 * Samples that do are drawn again.
 */
function apartFromThreshold(random: Random, shape: Combination): ReferenceArrays<"x" | "atoms" | "stepSize"> {
  const { batch, inputs, concepts, threshold, kind } = shape;
  const atoms = unitRows(randomArray(random, [concepts, inputs]));
  const stepSize = scalar(Math.fround(shape.stepSize));
  const x = zeros([batch, inputs]);
  for (let row = 0; row < batch; ) {
    const sample = randomArray(random, [1, inputs]);
    const { preActivations } = iterate(sample, atoms, stepSize.values[0], attributesOf(shape));
    const near = preActivations.some((values) =>
      values.some((u) => Math.abs((kind === "one-sided" ? u : Math.abs(u)) - threshold) < margin),
    );
    if (near) continue;
    x.values.set(sample.values, row * inputs);
    row++;
  }
  return { x, atoms, stepSize };
}

const margin = 3e-5;

function unitRows(array: ReferenceArray): ReferenceArray {
  const [rows, size] = array.shape;
  const result = zeros(array.shape);
  for (let row = 0; row < rows; row++) {
    const values = array.values.subarray(row * size, (row + 1) * size);
    const norm = Math.hypot(...values);
    result.values.set(
      values.map((value) => Math.fround(value / norm)),
      row * size,
    );
  }
  return result;
}

function scalar(value: number): ReferenceArray {
  return { shape: [], values: Float64Array.of(value), dtype: "float32" };
}
