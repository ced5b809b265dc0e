import { type AdamStepAttributes, adamStep } from "../contracts/adam-step.ts";
import { meanSquaredDifference } from "../contracts/mean-squared-difference.ts";
import { passPositive } from "../contracts/pass-positive.ts";
import { scaledDifference } from "../contracts/scaled-difference.ts";
import { sgdStep } from "../contracts/sgd-step.ts";
import { type ConformanceCase, conformanceCase } from "./conformance-case.ts";
import { randomArray } from "./random-array.ts";
import { type ReferenceArray, type ReferenceArrays, zeros } from "./reference-array.ts";

const shapes: readonly (readonly number[])[] = [[1], [5], [1, 1], [3, 7], [4, 2, 3, 5], [64, 130], [0, 4]];

export function optimizerCases(): ConformanceCase[] {
  const sizes = [[1], [3, 5], [2, 3, 4, 5], [7, 5001]];
  const losses = [
    ...sizes.map(lossCase),
    ...[...sizes, [0, 3]].flatMap((shape) => [differenceCase(shape), passedCase(shape)]),
  ];
  return [...losses, ...adamCases(), ...sgdCases()];
}

function sgdCases(): ConformanceCase[] {
  return shapes.flatMap((shape) =>
    [0, 0.9].flatMap((momentum) => [false, true].map((unitRows) => sgdCase(shape, momentum, unitRows))),
  );
}

function sgdCase(shape: readonly number[], momentum: number, unitRows: boolean): ConformanceCase {
  const rate = 0.1;
  return conformanceCase({
    contract: sgdStep,
    name: `[${shape.join(", ")}], momentum ${momentum}${unitRows ? ", unit rows" : ""}`,
    attributes: { rate, momentum, unitRows },
    inputs: (random) => ({
      parameter: randomArray(random, shape),
      gradient: randomArray(random, shape),
      velocity: randomArray(random, shape),
    }),
    reference({ parameter, gradient, velocity }) {
      const result = { parameter: zeros(shape), velocity: zeros(shape) };
      const rows = shape[0];
      const columns = rows === 0 ? 0 : parameter.values.length / rows;
      for (let row = 0; row < rows; row++) {
        const part = (array: { readonly values: Float64Array }) =>
          array.values.subarray(row * columns, (row + 1) * columns);
        const [p, g, v, moved, next] = [parameter, gradient, velocity, result.parameter, result.velocity].map(part) as [
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
          Float64Array,
        ];
        const along = unitRows ? g.reduce((sum, value, i) => sum + value * p[i], 0) : 0;
        for (let i = 0; i < columns; i++) {
          const free = g[i] - along * p[i];
          next[i] = momentum * v[i] + free;
          moved[i] = p[i] - rate * next[i];
        }
        if (!unitRows) continue;
        const norm = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0));
        moved.forEach((value, i) => {
          moved[i] = value / norm;
        });
      }
      return result;
    },
  });
}

function lossCase(shape: readonly number[]): ConformanceCase {
  return conformanceCase({
    contract: meanSquaredDifference,
    name: `[${shape.join(", ")}]`,
    attributes: {},
    inputs: (random) => ({ x: randomArray(random, shape), y: randomArray(random, shape) }),
    reference({ x, y }) {
      const squares = x.values.map((value, i) => (value - y.values[i]) ** 2);
      const mean = zeros([]);
      mean.values[0] = squares.reduce((sum, square) => sum + square, 0) / squares.length;
      return { mean };
    },
  });
}

function differenceCase(shape: readonly number[]): ConformanceCase {
  return conformanceCase({
    contract: scaledDifference,
    name: `[${shape.join(", ")}]`,
    attributes: { scale: 0.25 },
    inputs: (random) => ({
      x: randomArray(random, shape),
      y: randomArray(random, shape),
      factor: randomArray(random, []),
    }),
    reference({ x, y, factor }, { scale }) {
      const difference = zeros(shape);
      difference.values.set(x.values.map((value, i) => scale * factor.values[0] * (value - y.values[i])));
      return { difference };
    },
  });
}

function passedCase(shape: readonly number[]): ConformanceCase {
  return conformanceCase({
    contract: passPositive,
    name: `[${shape.join(", ")}]`,
    attributes: {},
    inputs: (random) => ({ upstream: randomArray(random, shape), values: randomArray(random, shape) }),
    reference({ upstream, values }) {
      const passed = zeros(shape);
      passed.values.set(upstream.values.map((value, i) => (values.values[i] > 0 ? value : 0)));
      return { passed };
    },
  });
}

function adamCases(): ConformanceCase[] {
  return shapes.flatMap((shape) =>
    [false, true].flatMap((rowMoments) =>
      [false, true].flatMap((unitRows) =>
        [false, true].map((lazy) => adamCase(shape, { ...adamSettings, unitRows, rowMoments, lazy })),
      ),
    ),
  );
}

const adamSettings = { rate: 0.1, floor: 1e-3, beta1: 0.9, beta2: 0.99 };

function adamCase(shape: readonly number[], attributes: AdamStepAttributes): ConformanceCase {
  const { unitRows, rowMoments, lazy } = attributes;
  const moments = rowMoments ? shape.map((size, axis) => (axis === 0 ? size : 1)) : [...shape];
  return conformanceCase({
    contract: adamStep,
    name: `[${shape.join(", ")}]${unitRows ? ", unit rows" : ""}${rowMoments ? ", row moments" : ""}${lazy ? ", lazy" : ""}`,
    attributes,
    inputs: (random) => ({
      parameter: randomArray(random, [...shape]),
      gradient: lazy ? withEmptyRows(randomArray(random, [...shape])) : randomArray(random, [...shape]),
      first: randomArray(random, [...shape]),
      second: squared(randomArray(random, moments)),
    }),
    reference: (inputs) => adamReference(inputs, attributes),
  });
}

/** Every other row, the first among them, zero. */
function withEmptyRows(array: ReferenceArray): ReferenceArray {
  const columns = array.values.length / Math.max(1, array.shape[0]);
  return { ...array, values: array.values.map((value, i) => (Math.floor(i / columns) % 2 === 0 ? 0 : value)) };
}

function squared<T extends { values: Float64Array }>(array: T): T {
  return { ...array, values: array.values.map((value) => value * value) };
}

function adamReference(
  { parameter, gradient, first, second }: ReferenceArrays<"parameter" | "gradient" | "first" | "second">,
  options: AdamStepAttributes,
): ReferenceArrays<"parameter" | "first" | "second"> {
  const { rate, floor, beta1, beta2, unitRows, rowMoments = false, lazy = false } = options;
  const { shape } = parameter;
  const result = { parameter: zeros(shape), first: zeros(shape), second: zeros(second.shape) };
  const rows = shape[0];
  const columns = rows === 0 ? 0 : parameter.values.length / rows;
  for (let row = 0; row < rows; row++) {
    const range = Array.from({ length: columns }, (_, i) => row * columns + i);
    const at = (array: { values: ArrayLike<number> }, i: number) => array.values[i];
    if (lazy && range.every((i) => at(gradient, i) === 0)) {
      for (const i of range) {
        const place = rowMoments ? row : i;
        result.first.values[i] = at(first, i);
        result.second.values[place] = at(second, place);
        result.parameter.values[i] = at(parameter, i);
      }
      continue;
    }
    const along = unitRows ? range.reduce((sum, i) => sum + at(gradient, i) * at(parameter, i), 0) : 0;
    const free = (i: number) => at(gradient, i) - along * at(parameter, i);
    const meanSquare = range.reduce((sum, i) => sum + free(i) ** 2, 0) / columns;
    for (const i of range) {
      const place = rowMoments ? row : i;
      result.first.values[i] = beta1 * at(first, i) + (1 - beta1) * free(i);
      result.second.values[place] = beta2 * at(second, place) + (1 - beta2) * (rowMoments ? meanSquare : free(i) ** 2);
      result.parameter.values[i] =
        at(parameter, i) - (rate * at(result.first, i)) / (Math.sqrt(at(result.second, place)) + floor);
    }
    if (!unitRows) continue;
    const norm = Math.sqrt(range.reduce((sum, i) => sum + at(result.parameter, i) ** 2, 0));
    for (const i of range) result.parameter.values[i] = at(result.parameter, i) / norm;
  }
  return result;
}
