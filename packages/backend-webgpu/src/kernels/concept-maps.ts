/** Maps `E_k* x + b_k` of a fourier encoder, a workgroup each, from samples and an encoder given by coefficients, by theta or by their products. */
import { type Grid, type Modes, sizeOf, spectrumShape, zeroFrequency } from "@saeno/backend";
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import type { Plane } from "./plane.ts";
import { type GpuBackend, runProgram } from "./program.ts";
import { weightOfTheta } from "./spectral-weights.ts";

export function asTensors<Name extends string>(inputs: Readonly<Record<Name, TensorInfo>>): Record<Name, Tensor> {
  return inputs as Record<Name, Tensor>;
}

type Spectra = Readonly<Record<"xRe" | "xIm" | "eRe" | "eIm" | "bias", TensorInfo>>;

/** Where the coefficients of maps come from. */
export interface Source {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly channels: number;
  /** `coefficientOf(sample, k, w, share, shares)`, the bias included: every so many-th channel's part of it, from the channel `share` on. */
  readonly declaration: string;
}

/** Sums over channels of samples times weights. */
export function ofChannels({ xRe, xIm, eRe, eIm, bias }: Spectra, modes: Modes): Source {
  const sum = /* wgsl */ `
  for (var c = share; c < u.channels; c += shares) {
    let e = (k * u.channels + c) * FREQUENCIES + w;
    let x = (sample * u.channels + c) * FREQUENCIES + w;
    sum += vec2f(eRe[e] * xRe[x] + eIm[e] * xIm[x], eRe[e] * xIm[x] - eIm[e] * xRe[x]);
  }`;
  const channels = xRe.shape[1] as number;
  return { name: "sums", inputs: { xRe, xIm, eRe, eIm, bias }, channels, declaration: coefficientOf(modes, sum) };
}

/** The same with an encoder given by its theta. */
export function ofTheta(
  { xRe, xIm, theta, bias }: Readonly<Record<"xRe" | "xIm" | "theta" | "bias", TensorInfo>>,
  modes: Modes,
): Source {
  const sum = /* wgsl */ `
  for (var c = share; c < u.channels; c += shares) {
    let e = weightAt(k, c, w);
    let x = (sample * u.channels + c) * FREQUENCIES + w;
    sum += vec2f(e.x * xRe[x] + e.y * xIm[x], e.x * xIm[x] - e.y * xRe[x]);
  }`;
  const channels = xRe.shape[1] as number;
  const declaration = weightOfTheta(modes) + coefficientOf(modes, sum);
  return { name: "theta", inputs: { xRe, xIm, theta, bias }, channels, declaration };
}

/** Such sums made before, `[B, K, M]`. */
export function ofProducts({ re, im, bias }: Readonly<Record<"re" | "im" | "bias", TensorInfo>>, modes: Modes): Source {
  const read = /* wgsl */ `
  let at = (sample * ${bias.shape[0]}u + k) * FREQUENCIES + w;
  sum += vec2f(productRe[at], productIm[at]);`;
  const inputs = { productRe: re, productIm: im, bias };
  return { name: `products ${bias.shape[0]}`, inputs, channels: 1, declaration: coefficientOf(modes, read) };
}

function coefficientOf(modes: Modes, add: string): string {
  return /* wgsl */ `
const FREQUENCIES = ${sizeOf(spectrumShape(modes))}u;
fn coefficientOf(sample: u32, k: u32, w: u32, share: u32, shares: u32) -> vec2f {
  var sum = vec2f(select(0.0, bias[k], share == 0u && w == ${zeroFrequency(modes)}u), 0.0);${add}
  return sum;
}`;
}

export interface Maps {
  readonly grid: Grid;
  readonly modes: Modes;
  /** Whose coefficients have as many terms as there are channels. */
  readonly plane: Plane;
}

/** From the coefficients of the map of `sample` and the concept `k` to half of its transform. */
export function halfway({ fillSpectrum, synthesizeLines }: Plane): string {
  return fillSpectrum("coefficientOf(sample, k, w, share, shares)") + synthesizeLines();
}

/** Maps `[rows, |N|]`, so many for each sample: those of chosen concepts, or of all, from the sample `first` on. */
export function mapsOf(
  backend: GpuBackend,
  { name, inputs, channels, declaration }: Source,
  given: Maps & {
    readonly rows: number;
    readonly perSample: number;
    readonly first: number;
    readonly concepts?: TensorInfo;
  },
): TensorInfo {
  const { grid, modes, plane, rows, perSample, first, concepts } = given;
  const { table } = fourierTable(backend, "synthesis", grid, modes, false);
  return runProgram(backend, {
    name: `maps ${name} ${concepts !== undefined} ${plane.key}`,
    inputs: { ...inputs, ...(concepts && { concepts }), toPoints: table },
    outputs: { maps: { shape: [rows, plane.points], dtype: "float32" } },
    sizes: { channels, perSample, firstSample: first },
    pairs: ["toPoints"],
    declarations: plane.declarations + declaration,
    body: () => /* wgsl */ `
  let sample = u.firstSample + group / u.perSample;
  let k = ${concepts === undefined ? "group % u.perSample" : "u32(concepts[group])"};
  ${halfway(plane)}
  ${plane.eachValue("maps[group * N1 * N2 + i] = value;")}`,
    groups: rows,
  }).maps;
}
