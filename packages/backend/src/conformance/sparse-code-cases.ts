import { accumulateCodes, decodeCodes, dotCodes } from "../contracts/sparse-codes.ts";
import type { Random } from "../random.ts";
import { type ConformanceCase, conformanceCase } from "./conformance-case.ts";
import { randomArray } from "./random-array.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";

interface Shape {
  readonly name: string;
  readonly batch: number;
  readonly inputs: number;
  readonly concepts: number;
  /** The share of codes that are not zero. */
  readonly density: number;
}

const shapes: readonly Shape[] = [
  { name: "one of everything", batch: 1, inputs: 1, concepts: 1, density: 1 },
  { name: "odd", batch: 3, inputs: 7, concepts: 11, density: 0.15 },
  { name: "even", batch: 4, inputs: 8, concepts: 16, density: 0.1 },
  { name: "nothing active", batch: 5, inputs: 33, concepts: 20, density: 0 },
  { name: "everything active", batch: 9, inputs: 20, concepts: 37, density: 1 },
  { name: "many samples", batch: 261, inputs: 3, concepts: 18, density: 0.1 },
  { name: "large", batch: 37, inputs: 401, concepts: 700, density: 0.03 },
  { name: "no samples", batch: 0, inputs: 4, concepts: 6, density: 0.1 },
];

export function sparseCodeCases(): ConformanceCase[] {
  return shapes.flatMap((shape) => [decodeCase(shape), dotCase(shape), accumulateCase(shape)]);
}

function decodeCase({ name, batch, inputs, concepts, density }: Shape): ConformanceCase {
  return conformanceCase({
    contract: decodeCodes,
    name,
    attributes: {},
    // Codes that are zero get no gradient, by definition; central differences would find one.
    forwardOnly: density < 1,
    inputs: (random) => ({
      codes: sparseCodes(random, batch, concepts, density),
      atoms: randomArray(random, [concepts, inputs]),
    }),
    reference: ({ codes, atoms }) => {
      const x = zeros([batch, inputs]);
      forEachProduct(codes, inputs, (code, sample, atom) => {
        x.values[sample] += codes.values[code] * atoms.values[atom];
      });
      return { x };
    },
  });
}

function dotCase({ name, batch, inputs, concepts, density }: Shape): ConformanceCase {
  return conformanceCase({
    contract: dotCodes,
    name,
    attributes: {},
    inputs: (random) => ({
      x: randomArray(random, [batch, inputs]),
      codes: sparseCodes(random, batch, concepts, density),
      atoms: randomArray(random, [concepts, inputs]),
    }),
    reference: ({ x, codes, atoms }) => {
      const values = zeros(codes.shape);
      forEachProduct(codes, inputs, (code, sample, atom) => {
        values.values[code] += x.values[sample] * atoms.values[atom];
      });
      return { values };
    },
  });
}

function accumulateCase({ name, batch, inputs, concepts, density }: Shape): ConformanceCase {
  return conformanceCase({
    contract: accumulateCodes,
    name,
    attributes: {},
    inputs: (random) => ({
      x: randomArray(random, [batch, inputs]),
      codes: sparseCodes(random, batch, concepts, density),
    }),
    reference: ({ x, codes }) => {
      const atoms = zeros([concepts, inputs]);
      forEachProduct(codes, inputs, (code, sample, atom) => {
        atoms.values[atom] += codes.values[code] * x.values[sample];
      });
      return { atoms };
    },
  });
}

function sparseCodes(random: Random, batch: number, concepts: number, density: number): ReferenceArray {
  const codes = randomArray(random, [batch, concepts]);
  const active = random.permutation(batch * concepts).slice(0, Math.ceil(density * batch * concepts));
  const values = new Float64Array(batch * concepts);
  for (const i of active) values[i] = codes.values[i];
  return { ...codes, values };
}

/** Visits every entry of the atom of every code that is not zero: flat indices of the code, the sample's entry and the atom's. */
function forEachProduct(
  codes: ReferenceArray,
  inputs: number,
  visit: (code: number, sample: number, atom: number) => void,
): void {
  const conceptCount = codes.shape[1];
  codes.values.forEach((value, code) => {
    if (value === 0) return;
    const [sample, atom] = [Math.floor(code / conceptCount) * inputs, (code % conceptCount) * inputs];
    for (let i = 0; i < inputs; i++) visit(code, sample + i, atom + i);
  });
}
