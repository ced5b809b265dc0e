import { add, concat, mul, reshape, slice, square, sum, type Tensor, tensor, zeros } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { type Grid, type Modes, sizeOf, spectrumShape, zeroFrequency } from "../spectrum.ts";
import { mapEnergies } from "./map-energies.ts";
import { frequencyScale } from "./points.ts";
import { spectralMatMul } from "./spectral-mat-mul.ts";
import { truncatedSynthesis } from "./truncated-transforms.ts";

/** How the energy of a map is measured (specification: Activations): that of what the map contributes, of the linear map, or of what will be kept. */
export type EnergyKind = "rectified" | "preactivation" | "kept";

export interface SpectralEnergiesAttributes {
  readonly kind: EnergyKind;
  readonly modes: Modes;
  /** Where the maps are evaluated; not used by `preactivation`. */
  readonly grid: Grid;
  /** `kept`: how many points of each map count. */
  readonly count?: number;
}

/**
 * The energies of all maps of a fourier encoder, `a_k = E_k* x + b_k`, computed for a few samples at a time, so that at most 2^24 entries of maps are held.
 *
 * x `[B, C, M]`, e `[K, C, M]`, bias `[K]` to energies `[B, K]`: `||relu(a_k)||^2` on the grid, or by Parseval
 * `||a_k||^2 = sum_w c(w) |a_k^(w)|^2`, or the energy of the `count` largest points. Selection only: no gradient.
 */
export const spectralEnergies: Contract<
  "xRe" | "xIm" | "eRe" | "eIm" | "bias",
  "energies",
  SpectralEnergiesAttributes
> = defineContract({
  name: "SaenoSpectralEnergies",
  inputs: ["xRe", "xIm", "eRe", "eIm", "bias"],
  outputs: ["energies"],
  composite({ xRe, xIm, eRe, eIm, bias }, attributes) {
    const [batch, channels, frequencies] = xRe.shape as [number, number, number];
    const concepts = bias.shape[0];
    const mapSize = Math.max(frequencies, attributes.kind === "preactivation" ? 0 : sizeOf(attributes.grid));
    const atOnce = Math.max(1, Math.floor(2 ** 24 / (concepts * mapSize)));
    const rows: Tensor[] = [];
    for (let sample = 0; sample < batch; sample += atOnce) {
      const some = (x: Tensor) => slice(x, [sample, 0, 0], [Math.min(atOnce, batch - sample), channels, frequencies]);
      const maps = spectralMatMul({ aRe: some(xRe), aIm: some(xIm), bRe: eRe, bIm: eIm }, { adjoint: "b" });
      rows.push(energiesOf(maps.re, maps.im, bias, attributes));
    }
    return { energies: batch === 0 ? zeros([0, concepts]) : concat(rows, 0) };
  },
});

/** Energies `[B, K]` from the spectra of the maps, `[B, K, M]`. */
function energiesOf(re: Tensor, im: Tensor, bias: Tensor, attributes: SpectralEnergiesAttributes): Tensor {
  const { kind, modes, grid } = attributes;
  const [batch, concepts] = re.shape as [number, number];
  if (kind === "preactivation") {
    const shifted = add(re, mul(reshape(bias, [1, concepts, 1]), atZeroFrequency(modes)));
    const power = mul(
      add(square(shifted), square(im)),
      frequencyScale(modes, (count) => count),
    );
    return sum(power, 2);
  }
  const shape = [batch * concepts, ...spectrumShape(modes)];
  const { x } = truncatedSynthesis({ re: reshape(re, shape), im: reshape(im, shape) }, { grid });
  const shifted = add(reshape(x, [batch, concepts, sizeOf(grid)]), reshape(bias, [1, concepts, 1]));
  const maps = reshape(shifted, [batch * concepts, sizeOf(grid)]);
  return reshape(mapEnergies({ maps }, attributes).energies, [batch, concepts]);
}

/** One at the frequency 0 and zero elsewhere, `[M]`: where a constant lives. */
function atZeroFrequency(modes: Modes): Tensor {
  const values = new Float32Array(sizeOf(spectrumShape(modes)));
  values[zeroFrequency(modes)] = 1;
  return tensor(values);
}
