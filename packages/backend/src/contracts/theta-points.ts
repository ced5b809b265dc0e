/**
 * What a training step of a fourier dictionary does with its parameter itself, theta `[K, 2, C, ...M]` (`spectralWeights` says what it stands
 * for), and with points: coefficients of atoms are formed nowhere but in the composites.
 *
 * theta need not be on the symmetry of real functions: what is synthesized is real, and gradients lie on it.
 */
import { mul, reshape, step, sum, type Tensor } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";
import { type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { accumulateChosen, correlateChosen, decodeChosen, sumChosen } from "./chosen.ts";
import { synthesizeFunctions, synthesizeFunctionsGradient } from "./functions.ts";
import { passPositive } from "./pass-positive.ts";
import { analyzePoints, encodePoints, samplePoints } from "./points.ts";
import { type SpectralEnergiesAttributes, spectralEnergies } from "./spectral-energies.ts";
import { spectralWeights, spectralWeightsAdjoint } from "./spectral-weights.ts";

interface OnGrid {
  readonly grid: Grid;
  readonly modes: Modes;
}

/** {@link spectralEnergies} of an encoder's theta. Selection only: no gradient. */
export const thetaEnergies: Contract<"xRe" | "xIm" | "theta" | "bias", "energies", SpectralEnergiesAttributes> =
  defineContract({
    name: "SaenoThetaEnergies",
    inputs: ["xRe", "xIm", "theta", "bias"],
    outputs: ["energies"],
    composite: ({ xRe, xIm, theta, bias }, attributes) =>
      spectralEnergies({ xRe, xIm, ...encoderOf(theta, attributes.modes), bias }, attributes),
  });

/** {@link encodePoints} by an encoder's theta. */
export const encodeTheta: Contract<
  "xRe" | "xIm" | "theta" | "bias" | "concepts",
  "values" | "positions",
  OnGrid & { readonly count: number; readonly separation?: readonly number[] }
> = defineContract({
  name: "SaenoEncodeTheta",
  inputs: ["xRe", "xIm", "theta", "bias", "concepts"],
  outputs: ["values", "positions"],
  composite: ({ xRe, xIm, theta, bias, concepts }, attributes) =>
    encodePoints({ xRe, xIm, ...encoderOf(theta, attributes.modes), bias, concepts }, attributes),
  gradient: {
    saves: ["xRe", "xIm", "theta", "concepts", "values", "positions"],
    backward(upstream, { xRe, xIm, theta, concepts, values, positions }, { grid, modes }) {
      const attributes = { grid, modes, conceptCount: theta.shape[0] };
      const points = { upstream: upstream.values, values, positions, concepts };
      const toX = () => {
        const { re, im } = maskedSpectra(points, attributes);
        const { eRe, eIm } = encoderOf(theta, modes);
        return decodeChosen({ zRe: re, zIm: im, dRe: eRe, dIm: eIm, concepts }, {});
      };
      return {
        ...jointly(["xRe", "xIm"], toX, ["re", "im"]),
        theta: () => encodeThetaGradient({ ...points, xRe, xIm }, attributes).theta,
        bias: () => sumPoints({ upstream: upstream.values, values, concepts }, attributes).sums,
      };
    },
  },
});

/**
 * The gradient of {@link encodeTheta} to theta: of each point that is positive upstream times what the sample is around it. upstream, values,
 * positions `[B, k, s]`, concepts `[B, k]`, x `[B, C, M]` to theta `[K, 2, C, ...M]`. Part of a backward pass: no gradient.
 * Cost: that of `analyzePoints` and of `accumulateChosen`; no spectrum of a map is stored.
 */
export const encodeThetaGradient: Contract<
  "upstream" | "values" | "positions" | "concepts" | "xRe" | "xIm",
  "theta",
  OnGrid & { readonly conceptCount: number }
> = defineContract({
  name: "SaenoEncodeThetaGradient",
  inputs: ["upstream", "values", "positions", "concepts", "xRe", "xIm"],
  outputs: ["theta"],
  composite({ xRe, xIm, ...points }, attributes) {
    const { re, im } = maskedSpectra(points, attributes);
    return accumulateTheta({ pRe: xRe, pIm: xIm, qRe: re, qIm: im, concepts: points.concepts }, attributes);
  },
});

/** Sums upstream `[B, k, s]` over the points of each concept that are positive: `[K]`, the gradient of biases. Part of a backward pass: no gradient. */
export const sumPoints: Contract<"upstream" | "values" | "concepts", "sums", { readonly conceptCount: number }> =
  defineContract({
    name: "SaenoSumPoints",
    inputs: ["upstream", "values", "concepts"],
    outputs: ["sums"],
    composite: ({ upstream, values, concepts }, { conceptCount }) =>
      sumChosen({ values: sum(mul(upstream, step(values)), 2), concepts }, { conceptCount }),
  });

/**
 * `D z + shift` of sparse maps: values and positions `[B, k, s]`, their spectra z `[B, k, M]` (`analyzePoints`; held fixed: the gradient is that of
 * values), concepts `[B, k]`, theta, shift `[C]` to x `[B, ...grid, C]`.
 */
export const reconstructTheta: Contract<
  "values" | "positions" | "zRe" | "zIm" | "concepts" | "theta" | "shift",
  "x",
  OnGrid
> = defineContract({
  name: "SaenoReconstructTheta",
  inputs: ["values", "positions", "zRe", "zIm", "concepts", "theta", "shift"],
  outputs: ["x"],
  composite({ zRe, zIm, concepts, theta, shift }, { grid, modes }) {
    const { re, im } = spectralWeights({ theta }, { modes });
    return synthesizeFunctions(
      { ...decodeChosen({ zRe, zIm, dRe: re, dIm: im, concepts }, {}), shift },
      { grid, modes },
    );
  },
  gradient: {
    saves: ["positions", "zRe", "zIm", "concepts", "theta"],
    backward({ x }, { positions, zRe, zIm, concepts, theta }, { grid, modes }) {
      const { re, im, shift } = synthesizeFunctionsGradient({ x }, { modes });
      const attributes = { grid, modes, conceptCount: theta.shape[0] };
      return {
        values: () => correlateTheta({ xRe: re, xIm: im, theta, concepts, positions }, attributes).values,
        theta: () => accumulateTheta({ pRe: re, pIm: im, qRe: zRe, qIm: zIm, concepts }, attributes).theta,
        shift: () => shift.clone(),
      };
    },
  },
});

/**
 * Correlations with the atoms of chosen concepts at some points: x `[B, C, M]`, theta, concepts `[B, k]`, positions `[B, k, s]` to values
 * `[B, k, s]`, the transpose of analysis and decoding. Part of a backward pass: no gradient.
 */
export const correlateTheta: Contract<"xRe" | "xIm" | "theta" | "concepts" | "positions", "values", OnGrid> =
  defineContract({
    name: "SaenoCorrelateTheta",
    inputs: ["xRe", "xIm", "theta", "concepts", "positions"],
    outputs: ["values"],
    composite({ xRe, xIm, theta, concepts, positions }, { grid, modes }) {
      const { re, im } = correlateChosen({ xRe, xIm, ...encoderOf(theta, modes), concepts }, {});
      const [batch, chosen, count] = positions.shape as [number, number, number];
      const rows = (x: Tensor) => reshape(x, [batch * chosen, x.shape[2] as number]);
      const { values } = samplePoints(
        { re: rows(re), im: rows(im), positions: reshape(positions, [batch * chosen, count]) },
        { grid, modes, adjoint: true },
      );
      return { values: reshape(values, positions.shape) };
    },
  });

/** {@link accumulateChosen} as a gradient of theta `[conceptCount, 2, C, ...M]`. Part of a backward pass: no gradient. */
export const accumulateTheta: Contract<
  "pRe" | "pIm" | "qRe" | "qIm" | "concepts",
  "theta",
  { readonly modes: Modes; readonly conceptCount: number }
> = defineContract({
  name: "SaenoAccumulateTheta",
  inputs: ["pRe", "pIm", "qRe", "qIm", "concepts"],
  outputs: ["theta"],
  composite: (inputs, { modes, conceptCount }) =>
    spectralWeightsAdjoint(accumulateChosen(inputs, { conceptCount }), { modes }),
});

function encoderOf(theta: Tensor, modes: Modes): { eRe: Tensor; eIm: Tensor } {
  const { re, im } = spectralWeights({ theta }, { modes });
  return { eRe: re, eIm: im };
}

/** The spectra `[B, k, M]` of upstream where values are positive. */
function maskedSpectra(
  { upstream, values, positions, concepts }: Readonly<Record<"upstream" | "values" | "positions" | "concepts", Tensor>>,
  { grid, modes }: OnGrid,
): { re: Tensor; im: Tensor } {
  const [batch, chosen, count] = positions.shape as [number, number, number];
  const rows = [batch * chosen, count];
  const masked = reshape(passPositive({ upstream, values }, {}).passed, rows);
  const { re, im } = analyzePoints(
    { values: masked, positions: reshape(positions, rows) },
    { grid, modes, adjoint: true },
  );
  const shape = [...concepts.shape, sizeOf(spectrumShape(modes))];
  return { re: reshape(re, shape), im: reshape(im, shape) };
}
