import { accumulateRows, decodeRows, dotRows } from "../contracts/dense-rows.ts";
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
import { arrayOfRows, type ReferenceArray } from "./reference-array.ts";

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

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Atoms are the unit vectors of the plane and their negatives: pre-activations are the entries of x. */
const written: readonly { readonly name: string; readonly k: number; readonly x: number[][]; readonly bias: number[] }[] =
  [
    { name: "all negative keep the first", k: 2, x: [[0, 0]], bias: [-1, -2, -1, -3] },
    { name: "fewer positive than kept", k: 3, x: [[-2, 1]], bias: [0, 0, 0, 0] },
    {
      name: "equal values keep the lower index",
      k: 2,
      x: [
        [1, 1],
        [-3, -3],
        [2, 0],
      ],
      bias: [4, 4, 4, 4],
    },
    { name: "infinite bias", k: 2, x: [[1, 2]], bias: [-infinity, 0, infinity, 0] },
  ];

const cross = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

export function denseCases(): ConformanceCase[] {
  return [
    ...shapes.flatMap((shape) => [encodeCase(shape), decodeCase(shape), dotCase(shape), accumulateCase(shape)]),
    tiedEncodeCase(),
    ...written.map(({ name, k, x, bias }) =>
      // Zeros and infinities have no derivative: forward only.
      forwardOnly(name, k, { x: arrayOfRows(x), atoms: arrayOfRows(cross), bias: vector(bias) }),
    ),
    ...[
      { name: "NaN in a sample", x: [[1, 2], [nan, 1]], bias: [0, 0, 0, 0] }, // biome-ignore format: short
      { name: "NaN in the bias", x: [[1, 2]], bias: [0, 0, 0, nan] },
      { name: "infinity times zero", x: [[infinity, 1]], bias: [0, 0, 0, 0] },
    ].map(({ name, x, bias }) =>
      nanCase({
        contract: encodeTopK,
        name,
        attributes: { k: 1 },
        inputs: () => ({ x: arrayOfRows(x), atoms: arrayOfRows(cross), bias: vector(bias) }),
      }),
    ),
  ];
}
