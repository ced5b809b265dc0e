import { mapEnergies } from "../contracts/map-energies.ts";
import { gatherMaps, scatterMaps } from "../contracts/maps.ts";
import { gatherRows, scatterRows } from "../contracts/rows.ts";
import { separatePoints } from "../contracts/separate-points.ts";
import type { EnergyKind } from "../contracts/spectral-energies.ts";
import { topKRows } from "../contracts/top-k-rows.ts";
import type { Random } from "../random.ts";
import { type Grid, sizeOf } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import { arrayOfRows, type ReferenceArray, zeros } from "./reference-array.ts";
import {
  gatherMapsReference,
  gatherReference,
  mapEnergiesReference,
  scatterMapsReference,
  scatterReference,
  separateReference,
  topKReference,
} from "./selection-reference.ts";

interface Rows {
  readonly name: string;
  readonly rows: number;
  readonly size: number;
  readonly k: number;
}

const shapes: readonly Rows[] = [
  { name: "one entry", rows: 1, size: 1, k: 1 },
  { name: "odd rows", rows: 3, size: 7, k: 3 },
  { name: "even rows", rows: 2, size: 8, k: 1 },
  { name: "all entries", rows: 2, size: 5, k: 5 },
  { name: "large rows", rows: 6, size: 4096, k: 64 },
  { name: "many rows", rows: 70, size: 9, k: 4 },
  { name: "no rows", rows: 0, size: 5, k: 2 },
];

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

const written: readonly { readonly name: string; readonly k: number; readonly x: number[][] }[] = [
  {
    name: "equal values keep the lower index",
    k: 3,
    x: [
      [1, 2, 2, 0, 2, 2],
      [5, 5, 5, 5, 5, 5],
      [0, 1, 0, 0, 1, 0],
    ],
  },
  {
    name: "zeros keep the first",
    k: 2,
    x: [
      [0, 0, 0, 0],
      [0, -0, 0, -0],
    ],
  },
  {
    name: "negative rows",
    k: 2,
    x: [
      [-3, -1, -2, -1],
      [-5, -4, -3, -2],
    ],
  },
  {
    name: "infinite values",
    k: 2,
    x: [
      [1, infinity, 2, -infinity],
      [-infinity, -infinity, 0, -infinity],
    ],
  },
];

const notNumbers: readonly { readonly name: string; readonly x: number[][] }[] = [
  { name: "NaN first", x: [[nan, 1, 2]] },
  {
    name: "NaN last, in the second row",
    x: [
      [3, 1, 2],
      [3, 1, nan],
    ],
  },
  { name: "NaN beside infinity", x: [[infinity, nan, 1]] },
];

const separated: readonly {
  readonly name: string;
  readonly grid: readonly number[];
  readonly count: number;
  readonly separation: readonly number[];
}[] = [
  { name: "points of a line", grid: [12], count: 3, separation: [2] },
  { name: "points of a plane", grid: [6, 7], count: 4, separation: [1, 1] },
  { name: "points of a large plane", grid: [48, 48], count: 6, separation: [1, 2] },
  { name: "points of a volume", grid: [4, 3, 5], count: 3, separation: [1, 0, 1] },
  { name: "more points than fit apart", grid: [4, 5], count: 7, separation: [2, 1] },
  { name: "all points", grid: [2, 3], count: 6, separation: [0, 1] },
  { name: "points that reach around the whole axis", grid: [3, 8], count: 2, separation: [5, 1] },
];

const energies: readonly { readonly name: string; readonly kind: EnergyKind; readonly count?: number }[] = [
  { name: "preactivation", kind: "preactivation" },
  { name: "rectified", kind: "rectified" },
  { name: "kept, one point", kind: "kept", count: 1 },
  { name: "kept, three points", kind: "kept", count: 3 },
  { name: "kept, more points than there are", kind: "kept", count: 10_000 },
  { name: "kept, every point", kind: "kept" },
];

export function selectionCases(): ConformanceCase[] {
  return [
    ...shapes.flatMap((shape) => [topKCase(shape), gatherRowsCase(shape), scatterRowsCase(shape)]),
    ...[scatterRowsCase, scatterMapsCase].map((make) =>
      make({ name: "values at the same place add up", rows: 19, size: 4, k: 9 }, repeatedIndices),
    ),
    ...written.map(({ name, k, x }) =>
      conformanceCase({
        contract: topKRows,
        name,
        attributes: { k },
        inputs: () => ({ x: arrayOfRows(x) }),
        reference: (inputs) => ({ indices: topKReference(inputs.x, k) }),
      }),
    ),
    ...notNumbers.map(({ name, x }) =>
      nanCase({ contract: topKRows, name, attributes: { k: 2 }, inputs: () => ({ x: arrayOfRows(x) }) }),
    ),
    ...separated.flatMap(({ name, ...attributes }) => [
      separateCase(name, attributes, (random) => randomArray(random, [3, sizeOf(attributes.grid)])),
      separateCase(`${name}, many equal`, attributes, (random) => {
        const maps = randomArray(random, [2, sizeOf(attributes.grid)]);
        return { ...maps, values: maps.values.map(Math.round) };
      }),
    ]),
    nanCase({
      contract: separatePoints,
      name: "NaN in a map",
      attributes: { grid: [5], count: 1, separation: [1] },
      inputs: () => ({ maps: arrayOfRows([[1, 0, 2, nan, 0]]) }),
    }),
    ...shapes.flatMap((shape) => [gatherMapsCase(shape), scatterMapsCase(shape)]),
    ...shapes.flatMap((shape) => energies.map((energy) => mapEnergiesCase(shape, energy))),
    nanCase({
      contract: mapEnergies,
      name: "NaN among points to keep",
      attributes: { kind: "kept", count: 1 },
      inputs: () => ({ maps: arrayOfRows([[1, nan, 2]]) }),
    }),
  ];
}

function topKCase({ name, rows, size, k }: Rows): ConformanceCase {
  return conformanceCase({
    contract: topKRows,
    name,
    attributes: { k },
    inputs: (random) => ({ x: randomArray(random, [rows, size]) }),
    reference: ({ x }) => ({ indices: topKReference(x, k) }),
  });
}

function separateCase(
  name: string,
  attributes: { readonly grid: Grid; readonly count: number; readonly separation: readonly number[] },
  maps: (random: Random) => ReferenceArray,
): ConformanceCase {
  return conformanceCase({
    contract: separatePoints,
    name,
    attributes,
    inputs: (random) => ({ maps: maps(random) }),
    reference: (inputs) => ({ positions: separateReference(inputs.maps, attributes) }),
  });
}

function gatherRowsCase({ name, rows, size, k }: Rows): ConformanceCase {
  return conformanceCase({
    contract: gatherRows,
    name,
    attributes: {},
    inputs: (random) => ({ x: randomArray(random, [rows, size]), indices: randomIndices(random, rows, k, size) }),
    reference: ({ x, indices }) => ({ values: gatherReference(x, indices) }),
  });
}

/** Indices of which some are the same. */
function repeatedIndices(random: Random, rows: number, k: number, size: number): ReferenceArray {
  const array = zeros([rows, k], "int32");
  for (let i = 0; i < array.values.length; i++) array.values[i] = random.integer(size);
  return array;
}

function scatterRowsCase({ name, rows, size, k }: Rows, indicesOf = randomIndices): ConformanceCase {
  return conformanceCase({
    contract: scatterRows,
    name,
    attributes: { size },
    inputs: (random) => ({ values: randomArray(random, [rows, k]), indices: indicesOf(random, rows, k, size) }),
    reference: ({ values, indices }) => ({ x: scatterReference(values, indices, size) }),
  });
}

/** Maps with one point more than there are rows. */
function gatherMapsCase({ name, rows, size, k }: Rows): ConformanceCase {
  return conformanceCase({
    contract: gatherMaps,
    name,
    attributes: {},
    inputs: (random) => ({
      maps: randomArray(random, [rows, rows + 1, size]),
      concepts: randomIndices(random, rows, k, size),
    }),
    reference: ({ maps, concepts }) => ({ chosen: gatherMapsReference(maps, concepts) }),
  });
}

function scatterMapsCase({ name, rows, size, k }: Rows, indicesOf = randomIndices): ConformanceCase {
  return conformanceCase({
    contract: scatterMaps,
    name,
    attributes: { conceptCount: size },
    inputs: (random) => ({
      chosen: randomArray(random, [rows, k, rows + 1]),
      concepts: indicesOf(random, rows, k, size),
    }),
    reference: ({ chosen, concepts }) => ({ maps: scatterMapsReference(chosen, concepts, size) }),
  });
}

function mapEnergiesCase(shape: Rows, energy: (typeof energies)[number]): ConformanceCase {
  const { name, ...attributes } = energy;
  return conformanceCase({
    contract: mapEnergies,
    name: `${shape.name}, ${name}`,
    attributes,
    inputs: (random) => ({ maps: randomArray(random, [shape.rows, shape.size]) }),
    reference: ({ maps }) => ({ energies: mapEnergiesReference(maps, energy.kind, energy.count) }),
  });
}
