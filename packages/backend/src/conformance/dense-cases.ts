import { accumulateRows, decodeRows, dotRows, sumRows } from "../contracts/dense-rows.ts";
import { encodeTopK } from "../contracts/encode-top-k.ts";
import type { Random } from "../random.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import {
  accumulateRowsReference,
  decodeRowsReference,
  dotRowsReference,
  encodeTopKReference,
} from "./dense-reference.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import { arrayOfRows, type ReferenceArray, type ReferenceArrays } from "./reference-array.ts";

interface Shape {
  readonly name: string;
  readonly batch: number;
  readonly inputs: number;
  readonly concepts: number;
  readonly k: number;
}

const shapes: readonly Shape[] = [
  { name: "one of everything", batch: 1, inputs: 1, concepts: 1, k: 1 },
  { name: "odd", batch: 3, inputs: 7, concepts: 11, k: 3 },
  { name: "even", batch: 4, inputs: 8, concepts: 16, k: 4 },
  { name: "all concepts", batch: 2, inputs: 5, concepts: 9, k: 9 },
  { name: "one concept of many", batch: 6, inputs: 33, concepts: 130, k: 1 },
  { name: "many samples", batch: 261, inputs: 3, concepts: 18, k: 5 },
  { name: "large", batch: 37, inputs: 401, concepts: 700, k: 21 },
  { name: "no samples", batch: 0, inputs: 4, concepts: 6, k: 2 },
];

const { NaN: nan } = Number;

interface Written {
  readonly name: string;
  readonly k: number;
  readonly x: number[][];
  readonly bias: number[];
}

/** The unit vectors of the plane and their negatives. */
const cross = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

const written: readonly Written[] = [
  { name: "all negative keep the first", k: 2, x: [[0, 0]], bias: [-1, -2, -1, -3] },
  { name: "fewer positive than kept", k: 3, x: [[-2, 1]], bias: [0, 0, 0, 0] },
  {
    name: "equal values keep the lower index",
    k: 2,
    x: [
      [1, 1],
      [-3, -3],
      [2, 0],
      [0, 0],
    ],
    bias: [4, 4, 4, 4],
  },
  { name: "infinite bias", k: 2, x: [[1, 2]], bias: [Number.NEGATIVE_INFINITY, 0, 0, 0] },
];

const notNumbers: readonly Written[] = [
  {
    name: "NaN in the second sample",
    k: 1,
    x: [
      [1, 2],
      [nan, 1],
    ],
    bias: [0, 0, 0, 0],
  },
  { name: "NaN in the bias", k: 1, x: [[1, 2]], bias: [0, 0, 0, nan] },
  { name: "infinity times zero", k: 4, x: [[Number.POSITIVE_INFINITY, 1]], bias: [0, 0, 0, 0] },
];

export function denseCases(): ConformanceCase[] {
  return [
    ...shapes.flatMap((shape) => [encodeCase(shape), decodeCase(shape), dotCase(shape), accumulateCase(shape)]),
    ...[
      [1, 1],
      [3, 17],
      [200, 5],
      [333, 70],
    ].map(([count, size]) => sumCase(count, size)),
    ...[5, 40, 170].map(tiedCase),
    ...written.map(({ name, k, x, bias }) =>
      encoding(name, k, () => ({ x: arrayOfRows(x), atoms: arrayOfRows(cross), bias: vector(bias) }), true),
    ),
    ...notNumbers.map(({ name, k, x, bias }) =>
      nanCase({
        contract: encodeTopK,
        name,
        attributes: { k },
        inputs: () => ({ x: arrayOfRows(x), atoms: arrayOfRows(cross), bias: vector(bias) }),
      }),
    ),
  ];
}

function encoding(
  name: string,
  k: number,
  inputs: (random: Random) => ReferenceArrays<"x" | "atoms" | "bias">,
  forwardOnly = false,
): ConformanceCase {
  return conformanceCase({
    contract: encodeTopK,
    name,
    attributes: { k },
    forwardOnly,
    inputs,
    reference: ({ x, atoms, bias }) => encodeTopKReference(x, atoms, bias, k),
  });
}

function encodeCase({ name, batch, inputs, concepts, k }: Shape): ConformanceCase {
  return encoding(name, k, (random) => ({
    x: randomArray(random, [batch, inputs]),
    atoms: randomArray(random, [concepts, inputs]),
    bias: randomArray(random, [concepts]),
  }));
}

/** Whole numbers, many of them equal: the lower index wins, wherever the concepts are. */
function tiedCase(k: number): ConformanceCase {
  const rounded = (array: ReferenceArray) => ({ ...array, values: array.values.map(Math.round) });
  return encoding(
    `${k} of many equal values`,
    k,
    (random) => ({
      x: rounded(randomArray(random, [13, 5])),
      atoms: rounded(randomArray(random, [400, 5])),
      bias: rounded(randomArray(random, [400])),
    }),
    true,
  );
}

function decodeCase({ name, batch, inputs, concepts, k }: Shape): ConformanceCase {
  return conformanceCase({
    contract: decodeRows,
    name,
    attributes: {},
    inputs: (random) => ({
      values: randomArray(random, [batch, k]),
      concepts: randomIndices(random, batch, k, concepts),
      atoms: randomArray(random, [concepts, inputs]),
    }),
    reference: ({ values, concepts, atoms }) => ({ x: decodeRowsReference(values, concepts, atoms) }),
  });
}

function dotCase({ name, batch, inputs, concepts, k }: Shape): ConformanceCase {
  return conformanceCase({
    contract: dotRows,
    name,
    attributes: {},
    inputs: (random) => ({
      x: randomArray(random, [batch, inputs]),
      concepts: randomIndices(random, batch, k, concepts),
      atoms: randomArray(random, [concepts, inputs]),
    }),
    reference: ({ x, concepts, atoms }) => ({ values: dotRowsReference(x, concepts, atoms) }),
  });
}

function accumulateCase({ name, batch, inputs, concepts: conceptCount, k }: Shape): ConformanceCase {
  return conformanceCase({
    contract: accumulateRows,
    name,
    attributes: { conceptCount },
    inputs: (random) => ({
      values: randomArray(random, [batch, k]),
      concepts: randomIndices(random, batch, k, conceptCount),
      x: randomArray(random, [batch, inputs]),
    }),
    reference: ({ values, concepts, x }) => ({ atoms: accumulateRowsReference(values, concepts, x, conceptCount) }),
  });
}

function sumCase(count: number, size: number): ConformanceCase {
  return conformanceCase({
    contract: sumRows,
    name: `${count} rows of ${size}`,
    attributes: {},
    inputs: (random) => ({ rows: randomArray(random, [count, size]), weights: randomArray(random, [count]) }),
    reference({ rows, weights }) {
      const sum = vector(Array<number>(size).fill(0));
      rows.values.forEach((value, i) => {
        sum.values[i % size] += weights.values[Math.floor(i / size)] * value;
      });
      return { sum };
    },
  });
}

function vector(values: readonly number[]): ReferenceArray {
  return { shape: [values.length], values: Float64Array.from(values), dtype: "float32" };
}
