import { reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { analyzePoints } from "../contracts/points.ts";
import { encodeTheta, reconstructTheta, thetaEnergies } from "../contracts/theta-points.ts";
import { detach } from "../detach.ts";
import type { Random } from "../random.ts";
import { sizeOf, spectrumShape } from "../spectrum.ts";
import { type ConformanceCase, conformanceCase, nanCase } from "./conformance-case.ts";
import { analysisReference, synthesisReference } from "./fourier-reference.ts";
import { randomArray, randomIndices } from "./random-array.ts";
import type { ReferenceArray, ReferenceArrays } from "./reference-array.ts";
import { scatterReference } from "./selection-reference.ts";
import {
  coarseGrids,
  type Encoder,
  encodeReference,
  encoderInputs,
  encoders,
  energiesReference,
  energyKinds,
} from "./spectral-cases.ts";
import { decodeChosenReference, spectralWeightsReference } from "./spectral-reference.ts";

/** The parameter is any numbers: its projection on the symmetry of real functions is what counts. */
export function thetaCases(): ConformanceCase[] {
  return [
    ...encoders.flatMap((encoder) => energyKinds.map((energy) => energiesCase(encoder, energy))),
    ...coarseGrids.flatMap(({ encoder: name, grid }) =>
      encoders
        .filter((each) => each.name === name)
        .map((encoder) =>
          energiesCase({ ...encoder, name: `${name}, on ${grid.join(" x ")}`, grid }, { kind: "rectified" }),
        ),
    ),
    ...encoders.map((encoder) => encodeCase(encoder, Math.ceil(sizeOf(encoder.grid) / 3))),
    ...encoders.map(reconstructCase),
    nanCase({
      contract: encodeTheta,
      name: "NaN in a bias",
      attributes: { grid: [7], modes: [4], count: 2 },
      inputs(random) {
        const inputs = thetaInputs(random, encoders[1]);
        inputs.bias.values.fill(Number.NaN);
        return inputs;
      },
    }),
  ];
}

type ThetaInputs = ReferenceArrays<"xRe" | "xIm" | "theta" | "bias" | "concepts">;

function thetaInputs(random: Random, encoder: Encoder): ThetaInputs {
  const { xRe, xIm, bias, concepts } = encoderInputs(random, encoder);
  return { xRe, xIm, theta: thetaOf(random, encoder), bias, concepts };
}

function thetaOf(random: Random, { concepts, channels, modes }: Encoder): ReferenceArray {
  return randomArray(random, [concepts, 2, channels, ...spectrumShape(modes)]);
}

function weightsOf({ theta, ...inputs }: ThetaInputs, { modes }: Encoder) {
  const { re, im } = spectralWeightsReference(theta, modes);
  return { ...inputs, eRe: re, eIm: im };
}

function energiesCase(encoder: Encoder, energy: (typeof energyKinds)[number]): ConformanceCase {
  return conformanceCase({
    contract: thetaEnergies,
    name: `${encoder.name}, ${energy.kind}`,
    attributes: { ...energy, modes: encoder.modes, grid: encoder.grid },
    inputs: (random) => thetaInputs(random, encoder),
    reference: (inputs) => energiesReference(weightsOf(inputs as ThetaInputs, encoder), encoder, energy),
  });
}

function encodeCase(encoder: Encoder, count: number): ConformanceCase {
  return conformanceCase({
    contract: encodeTheta,
    name: `${encoder.name}, ${count} kept`,
    attributes: { grid: encoder.grid, modes: encoder.modes, count },
    inputs: (random) => thetaInputs(random, encoder),
    reference: (inputs) => encodeReference(weightsOf(inputs, encoder), encoder, count),
  });
}

/** With the spectra of the maps, which the contract is given. */
function reconstructCase(encoder: Encoder): ConformanceCase {
  const { name, batch, channels, chosen, concepts, modes, grid } = encoder;
  const count = Math.ceil(sizeOf(grid) / 4);
  const spectra = [batch, chosen, sizeOf(spectrumShape(modes))];
  const inputs = ["values", "positions", "concepts", "theta", "shift"] as const;
  return conformanceCase({
    contract: Object.assign(
      (given: Readonly<Record<(typeof inputs)[number], Tensor>>) =>
        tidy(() => {
          const rows = (x: Tensor) => reshape(x, [batch * chosen, count]);
          const points = { values: rows(detach(given.values)), positions: rows(given.positions) };
          const { re, im } = analyzePoints(points, { grid, modes });
          return reconstructTheta({ ...given, zRe: reshape(re, spectra), zIm: reshape(im, spectra) }, { grid, modes });
        }),
      { definition: { ...reconstructTheta.definition, inputs } },
    ),
    name,
    attributes: {},
    inputs: (random) => ({
      values: randomArray(random, [batch, chosen, count]),
      positions: {
        ...randomIndices(random, batch * chosen, count, sizeOf(grid)),
        shape: [batch, chosen, count],
      },
      concepts: randomIndices(random, batch, chosen, concepts),
      theta: thetaOf(random, encoder),
      shift: randomArray(random, [channels]),
    }),
    reference(given) {
      const rows = (x: ReferenceArray) => ({ ...x, shape: [batch * chosen, count] });
      const maps = scatterReference(rows(given.values), rows(given.positions), sizeOf(grid));
      const z = analysisReference(maps, grid, modes);
      const shaped = { re: { ...z.re, shape: spectra }, im: { ...z.im, shape: spectra } };
      const weights = spectralWeightsReference(given.theta, modes);
      const { re, im } = decodeChosenReference(shaped, weights, given.concepts);
      const x = synthesisReference(re, im, modes, grid);
      const points = sizeOf(grid);
      const values = new Float64Array(x.values.length);
      x.values.forEach((value, i) => {
        const [row, n] = [Math.floor(i / points), i % points];
        const [b, c] = [Math.floor(row / channels), row % channels];
        values[(b * points + n) * channels + c] = value + given.shift.values[c];
      });
      return { x: { ...x, values, shape: [batch, ...grid, channels] } };
    },
  });
}
