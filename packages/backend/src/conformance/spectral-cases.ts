import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { accumulateChosen, correlateChosen, decodeChosen, sumChosen } from "../contracts/chosen.ts";
import { encodePoints } from "../contracts/points.ts";
import { type EnergyKind, spectralEnergies } from "../contracts/spectral-energies.ts";
import { spectralLocality } from "../contracts/spectral-locality.ts";
import { type Adjoint, spectralMatMul } from "../contracts/spectral-mat-mul.ts";
import { spectralWeights } from "../contracts/spectral-weights.ts";
import type { Random } from "../random.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import { analysisReference, conjugateCount, synthesisReference } from "./fourier-reference.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import { type ReferenceArray, zeros } from "./reference-array.ts";
import { gatherReference, mapEnergiesReference, separateReference, topKReference } from "./selection-reference.ts";
import {
  accumulateChosenReference,
  type ComplexArray,
  correlateChosenReference,
  decodeChosenReference,
  localityOnGridReference,
  spectralLocalityReference,
  spectralMatMulReference,
  spectralWeightsReference,
} from "./spectral-reference.ts";

export interface Encoder {
  readonly name: string;
  readonly batch: number;
  readonly channels: number;
  readonly concepts: number;
  readonly chosen: number;
  readonly modes: Modes;
  readonly grid: Grid;
}

export const encoders: readonly Encoder[] = [
  { name: "one of each", batch: 1, channels: 1, concepts: 1, chosen: 1, modes: [1], grid: [1] },
  { name: "axis, odd", batch: 3, channels: 2, concepts: 5, chosen: 2, modes: [4], grid: [7] },
  { name: "axis, even", batch: 2, channels: 1, concepts: 4, chosen: 3, modes: [3], grid: [8] },
  { name: "plane", batch: 2, channels: 3, concepts: 6, chosen: 2, modes: [2, 3], grid: [5, 6] },
  { name: "plane, all concepts", batch: 2, channels: 1, concepts: 3, chosen: 3, modes: [3, 2], grid: [6, 4] },
  { name: "large plane", batch: 4, channels: 3, concepts: 32, chosen: 8, modes: [6, 6], grid: [16, 16] },
  { name: "volume", batch: 2, channels: 2, concepts: 4, chosen: 2, modes: [2, 1, 2], grid: [3, 2, 4] },
  { name: "many channels", batch: 5, channels: 11, concepts: 9, chosen: 4, modes: [3, 3], grid: [6, 7] },
  { name: "long axis", batch: 5, channels: 1, concepts: 20, chosen: 11, modes: [9], grid: [50] },
  { name: "no samples", batch: 0, channels: 2, concepts: 4, chosen: 2, modes: [2, 2], grid: [4, 4] },
];

const products: readonly { readonly name: string; readonly shape: readonly [number, number, number, number] }[] = [
  { name: "one of each", shape: [1, 1, 1, 1] },
  { name: "odd", shape: [3, 5, 7, 3] },
  { name: "even", shape: [2, 4, 6, 8] },
  { name: "one summed entry", shape: [4, 1, 5, 6] },
  { name: "large", shape: [16, 24, 20, 70] },
  { name: "no rows", shape: [0, 3, 4, 5] },
];

export const energyKinds: readonly { readonly kind: EnergyKind; readonly count?: number }[] = [
  { kind: "preactivation" },
  { kind: "rectified" },
  { kind: "kept", count: 2 },
];

/** Energies are also measured on grids that cannot tell all frequencies apart. */
export const coarseGrids: readonly { readonly encoder: string; readonly grid: Grid }[] = [
  { encoder: "axis, odd", grid: [4] },
  { encoder: "axis, even", grid: [3] },
  { encoder: "plane", grid: [2, 3] },
  { encoder: "plane, all concepts", grid: [1, 1] },
  { encoder: "large plane", grid: [6, 6] },
  { encoder: "large plane", grid: [3, 12] },
  { encoder: "volume", grid: [2, 1, 2] },
  { encoder: "many channels", grid: [3, 4] },
  { encoder: "long axis", grid: [9] },
];

export function spectralCases(): ConformanceCase[] {
  const adjoints: readonly Adjoint[] = ["none", "a", "b"];
  return [
    ...encoders.map(weightsCase),
    ...encoders.flatMap((encoder) => [localityCase(encoder), localityOnGridCase(encoder)]),
    ...products.flatMap(({ name, shape }) => adjoints.map((adjoint) => matMulCase(name, shape, adjoint))),
    ...encoders.flatMap((encoder) => [
      correlateCase(encoder),
      decodeCase(encoder),
      accumulateCase(encoder),
      sumChosenCase(encoder),
    ]),
    ...encoders.flatMap((encoder) => energyKinds.map((energy) => energiesCase(encoder, energy))),
    ...coarseGrids.flatMap(({ encoder: name, grid }) => {
      const encoder = encoders.find((each) => each.name === name) as Encoder;
      const coarse = { ...encoder, name: `${name}, on ${grid.join(" x ")}`, grid };
      return energyKinds.filter(({ kind }) => kind !== "preactivation").map((energy) => energiesCase(coarse, energy));
    }),
    ...encoders.flatMap((encoder) => [1, Math.ceil(sizeOf(encoder.grid) / 3)].map((n) => encodeCase(encoder, n))),
    ...encoders.map((encoder) => encodeCase(encoder, Math.ceil(sizeOf(encoder.grid) / 5), 1)),
    nanCase({
      contract: encodePoints,
      name: "NaN in a bias",
      attributes: { grid: [7], modes: [4], count: 2 },
      inputs(random) {
        const inputs = encoderInputs(random, encoders[1]);
        inputs.bias.values.fill(Number.NaN);
        return inputs;
      },
    }),
  ];
}

function weightsCase({ name, concepts, channels, modes }: Encoder): ConformanceCase {
  return conformanceCase({
    contract: spectralWeights,
    name,
    attributes: { modes },
    inputs: (random) => ({ theta: randomArray(random, [concepts, 2, channels, ...spectrumShape(modes)]) }),
    reference: ({ theta }) => spectralWeightsReference(theta, modes),
  });
}

function localityCase({ name, concepts, channels, modes }: Encoder): ConformanceCase {
  const shape = [concepts, channels, sizeOf(spectrumShape(modes))];
  return conformanceCase({
    contract: spectralLocality,
    name,
    attributes: { modes },
    inputs: (random) => ({ re: randomArray(random, shape), im: randomArray(random, shape) }),
    reference: (parts) => ({ energies: spectralLocalityReference(parts, modes) }),
  });
}

/** From the parameter on, so that coefficients are those of real functions; grids of `2 m` points hold the mean exactly. */
function localityOnGridCase({ name, concepts, channels, modes }: Encoder): ConformanceCase {
  return conformanceCase({
    contract: Object.assign(
      ({ theta }: { readonly theta: Tensor }) =>
        tidy(() => spectralLocality(spectralWeights({ theta }, { modes }), { modes })),
      { definition: { ...spectralLocality.definition, inputs: ["theta"] as const } },
    ),
    name: `${name}, synthesized`,
    attributes: {},
    inputs: (random) => ({ theta: randomArray(random, [concepts, 2, channels, ...spectrumShape(modes)]) }),
    reference({ theta }) {
      const grid = modes.map((m) => 2 * m);
      return { energies: localityOnGridReference(spectralWeightsReference(theta, modes), modes, grid) };
    },
  });
}

function matMulCase(
  name: string,
  [rows, inner, columns, kept]: readonly [number, number, number, number],
  adjoint: Adjoint,
): ConformanceCase {
  const a = adjoint === "a" ? [inner, rows, kept] : [rows, inner, kept];
  const b = adjoint === "b" ? [columns, inner, kept] : [inner, columns, kept];
  return conformanceCase({
    contract: spectralMatMul,
    name: `${name}, adjoint ${adjoint}`,
    attributes: { adjoint },
    inputs: (random) => ({
      aRe: randomArray(random, a),
      aIm: randomArray(random, a),
      bRe: randomArray(random, b),
      bIm: randomArray(random, b),
    }),
    reference: ({ aRe, aIm, bRe, bIm }) => spectralMatMulReference({ re: aRe, im: aIm }, { re: bRe, im: bIm }, adjoint),
  });
}

function correlateCase(encoder: Encoder): ConformanceCase {
  return conformanceCase({
    contract: correlateChosen,
    name: encoder.name,
    attributes: {},
    inputs(random) {
      const { bias: _, ...inputs } = encoderInputs(random, encoder);
      return inputs;
    },
    reference: ({ xRe, xIm, eRe, eIm, concepts }) =>
      correlateChosenReference({ re: xRe, im: xIm }, { re: eRe, im: eIm }, concepts),
  });
}

function decodeCase({ name, batch, channels, concepts, chosen, modes }: Encoder): ConformanceCase {
  const kept = sizeOf(spectrumShape(modes));
  return conformanceCase({
    contract: decodeChosen,
    name,
    attributes: {},
    inputs: (random) => ({
      zRe: randomArray(random, [batch, chosen, kept]),
      zIm: randomArray(random, [batch, chosen, kept]),
      dRe: randomArray(random, [concepts, channels, kept]),
      dIm: randomArray(random, [concepts, channels, kept]),
      concepts: randomIndices(random, batch, chosen, concepts),
    }),
    reference: (inputs) =>
      decodeChosenReference({ re: inputs.zRe, im: inputs.zIm }, { re: inputs.dRe, im: inputs.dIm }, inputs.concepts),
  });
}

function sumChosenCase({ name, batch, concepts, chosen }: Encoder): ConformanceCase {
  return conformanceCase({
    contract: sumChosen,
    name,
    attributes: { conceptCount: concepts },
    inputs: (random) => ({
      values: randomArray(random, [batch, chosen]),
      concepts: randomIndices(random, batch, chosen, concepts),
    }),
    reference(inputs) {
      const sums = zeros([concepts]);
      inputs.values.values.forEach((value, i) => {
        const k = inputs.concepts.values[i];
        sums.values[k] = sums.values[k] + value;
      });
      return { sums };
    },
  });
}

function accumulateCase({ name, batch, channels, concepts, chosen, modes }: Encoder): ConformanceCase {
  const kept = sizeOf(spectrumShape(modes));
  return conformanceCase({
    contract: accumulateChosen,
    name,
    attributes: { conceptCount: concepts },
    inputs: (random) => ({
      pRe: randomArray(random, [batch, channels, kept]),
      pIm: randomArray(random, [batch, channels, kept]),
      qRe: randomArray(random, [batch, chosen, kept]),
      qIm: randomArray(random, [batch, chosen, kept]),
      concepts: randomIndices(random, batch, chosen, concepts),
    }),
    reference: ({ pRe, pIm, qRe, qIm, ...inputs }) =>
      accumulateChosenReference({ re: pRe, im: pIm }, { re: qRe, im: qIm }, inputs.concepts, concepts),
  });
}

function energiesCase(encoder: Encoder, energy: (typeof energyKinds)[number]): ConformanceCase {
  const { modes, grid } = encoder;
  return conformanceCase({
    contract: spectralEnergies,
    name: `${encoder.name}, ${energy.kind}`,
    attributes: { ...energy, modes, grid },
    inputs(random) {
      const { concepts: _, ...inputs } = encoderInputs(random, encoder);
      return inputs;
    },
    reference: (inputs) => energiesReference(inputs, encoder, energy),
  });
}

export function energiesReference(
  { xRe, xIm, eRe, eIm, bias }: Omit<EncoderInputs, "concepts">,
  { batch, concepts, modes, grid }: Encoder,
  { kind, count }: (typeof energyKinds)[number],
): Record<"energies", ReferenceArray> {
  const all = zeros([batch, concepts], "int32");
  all.values.forEach((_, i) => {
    all.values[i] = i % concepts;
  });
  const spectrum = correlateChosenReference({ re: xRe, im: xIm }, { re: eRe, im: eIm }, all);
  const energies =
    kind === "preactivation"
      ? parsevalEnergies(spectrum, bias, modes)
      : mapEnergiesReference(mapsOf(spectrum, bias, all, modes, grid), kind, count);
  return { energies: { ...energies, shape: [batch, concepts] } };
}

function encodeCase(encoder: Encoder, count: number, apart?: number): ConformanceCase {
  const { modes, grid } = encoder;
  const separation = apart === undefined ? undefined : grid.map(() => apart);
  return conformanceCase({
    contract: encodePoints,
    name: `${encoder.name}, ${count} kept${separation === undefined ? "" : " that are apart"}`,
    attributes: { grid, modes, count, ...(separation === undefined ? {} : { separation }) },
    inputs: (random) => encoderInputs(random, encoder),
    reference: (inputs) => encodeReference(inputs, encoder, count, separation),
  });
}

export function encodeReference(
  { xRe, xIm, eRe, eIm, bias, concepts }: EncoderInputs,
  { batch, chosen, modes, grid }: Encoder,
  count: number,
  separation?: readonly number[],
): Record<"values" | "positions", ReferenceArray> {
  const spectrum = correlateChosenReference({ re: xRe, im: xIm }, { re: eRe, im: eIm }, concepts);
  const maps = mapsOf(spectrum, bias, concepts, modes, grid);
  const positions =
    separation === undefined ? topKReference(maps, count) : separateReference(maps, { grid, count, separation });
  const values = gatherReference(maps, positions);
  const shape = [batch, chosen, count];
  return {
    values: { ...values, values: values.values.map((value) => Math.max(value, 0)), shape },
    positions: { ...positions, shape },
  };
}

export type EncoderInputs = Record<"xRe" | "xIm" | "eRe" | "eIm" | "bias" | "concepts", ReferenceArray>;

/** Spectra of random real functions, so that Parseval holds for their products. */
export function encoderInputs(random: Random, { batch, channels, concepts, chosen, modes }: Encoder): EncoderInputs {
  const odd = modes.map((m) => 2 * m - 1);
  const kept = sizeOf(spectrumShape(modes));
  const spectra = (count: number): ComplexArray => {
    const { re, im } = analysisReference(randomArray(random, [count * channels, ...odd]), odd, modes);
    const part = (array: ReferenceArray) => ({
      ...array,
      values: Float64Array.from(array.values, Math.fround),
      shape: [count, channels, kept],
    });
    return { re: part(re), im: part(im) };
  };
  const [x, e] = [spectra(batch), spectra(concepts)];
  const bias = randomArray(random, [concepts]);
  bias.values.forEach((value, k) => {
    bias.values[k] = Math.fround(value / 10);
  });
  const indices = randomIndices(random, batch, chosen, concepts);
  return { xRe: x.re, xIm: x.im, eRe: e.re, eIm: e.im, bias, concepts: indices };
}

/** The maps `[B k, |N|]` of spectra `[B, k, M]`, with the bias of their concepts. */
function mapsOf(
  spectrum: ComplexArray,
  bias: ReferenceArray,
  concepts: ReferenceArray,
  modes: Modes,
  grid: Grid,
): ReferenceArray {
  const maps = synthesisReference(spectrum.re, spectrum.im, modes, grid);
  const points = sizeOf(grid);
  maps.values.forEach((value, i) => {
    maps.values[i] = value + bias.values[concepts.values[Math.floor(i / points)]];
  });
  return maps;
}

/** `||a||^2` of real functions from their coefficients `[B, K, M]`, the bias being the value of a constant. */
function parsevalEnergies(spectrum: ComplexArray, bias: ReferenceArray, modes: Modes): ReferenceArray {
  const [batch, concepts, kept] = spectrum.re.shape;
  const energies = zeros([batch * concepts]);
  const zero = modes.reduce((flat, m, axis) => (axis === modes.length - 1 ? flat * m : flat * (2 * m - 1) + m - 1), 0);
  spectrum.re.values.forEach((re, i) => {
    const [row, w] = [Math.floor(i / kept), i % kept];
    const shifted = w === zero ? re + bias.values[row % concepts] : re;
    energies.values[row] += conjugateCount(modes, w) * (shifted ** 2 + spectrum.im.values[i] ** 2);
  });
  return energies;
}
