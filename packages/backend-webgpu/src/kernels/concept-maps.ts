/** Maps `E_k* x + b_k` of a fourier encoder, a workgroup each: their kept points (the contract encodePoints) and their energies (spectralEnergies). */
import {
  type EnergyKind,
  encodePoints,
  type Grid,
  type Modes,
  registerKernel,
  sizeOf,
  spectralEnergies,
  spectrumShape,
} from "@saeno/backend";
import { concat, type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { fourierTable } from "./fourier-table.ts";
import { type Plane, planeOf } from "./plane.ts";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";
import { rowEnergies, selectLargest } from "./select.ts";
import { separate } from "./separate.ts";
import { multiplySpectra } from "./spectral-mat-mul.ts";

type Spectra = Readonly<Record<"xRe" | "xIm" | "eRe" | "eIm" | "bias", TensorInfo>>;

/** Of more channels, the product with the encoder is a program of its own, which reads each weight fewer times. */
const fewChannels = 4;

/** The most entries of maps that are held at a time. */
const mostEntries = 2 ** 24;

export function registerConceptMaps(backend: GpuBackend): void {
  registerKernel(encodePoints, "webgpu", (inputs, attributes) => {
    const { grid, modes, count, separation } = attributes;
    const { concepts, ...spectra } = inputs;
    const plane = planeOf(backend, grid, modes);
    if (plane === undefined) return tidy(() => encodePoints.definition.composite(asTensors(inputs), attributes));
    const [batch, chosen] = concepts.shape as [number, number];
    const rows = batch * chosen;
    const source = ofChannels(spectra, modes);
    const maps = mapsOf(backend, source, { grid, modes, plane, rows, perSample: chosen, first: 0, concepts });
    const { indices, values } =
      separation === undefined
        ? selectLargest(backend, maps, { k: count, rectify: false, values: true })
        : apart(backend, maps, { grid, count, separation });
    backend.disposeData(maps.dataId);
    const shape = [batch, chosen, count];
    return { values: { ...(values as TensorInfo), shape }, positions: { ...(indices as TensorInfo), shape } };
  });

  registerKernel(spectralEnergies, "webgpu", (inputs, attributes) => {
    const { kind, modes, grid, count } = attributes;
    const plane = kind === "preactivation" ? undefined : planeOf(backend, grid, modes, 1024);
    if (kind !== "preactivation" && plane === undefined) {
      return tidy(() => spectralEnergies.definition.composite(asTensors(inputs), attributes));
    }
    const wide = (inputs.xRe.shape[1] as number) > fewChannels;
    const { xRe: aRe, xIm: aIm, eRe: bRe, eIm: bIm, bias } = inputs;
    const products = wide ? multiplySpectra(backend, { aRe, aIm, bRe, bIm }, "b") : undefined;
    const source = products === undefined ? ofChannels(inputs, modes) : ofProducts({ ...products, bias }, modes);
    const shape = [aRe.shape[0] as number, bias.shape[0] as number] as const;
    const energies =
      plane === undefined
        ? powerOfSpectra(backend, source, shape, modes)
        : kind === "kept" && count !== undefined && count < plane.points
          ? keptEnergies(backend, source, shape, { grid, modes, plane, count })
          : rectifiedEnergies(backend, source, shape, { grid, modes, plane, reports: kind === "kept" });
    for (const { dataId } of Object.values(products ?? {})) backend.disposeData(dataId);
    return { energies };
  });
}

function asTensors<Name extends string>(inputs: Readonly<Record<Name, TensorInfo>>): Record<Name, Tensor> {
  return inputs as Record<Name, Tensor>;
}

/** Where the coefficients of maps come from. */
interface Source {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly channels: number;
  /** `coefficientOf(sample, k, w)`, the bias included. */
  readonly declaration: string;
}

/** Sums over channels of samples times weights. */
function ofChannels({ xRe, xIm, eRe, eIm, bias }: Spectra, modes: Modes): Source {
  const sum = /* wgsl */ `
  for (var c = 0u; c < u.channels; c++) {
    let e = (k * u.channels + c) * FREQUENCIES + w;
    let x = (sample * u.channels + c) * FREQUENCIES + w;
    sum += vec2f(eRe[e] * xRe[x] + eIm[e] * xIm[x], eRe[e] * xIm[x] - eIm[e] * xRe[x]);
  }`;
  const channels = xRe.shape[1] as number;
  return { name: "sums", inputs: { xRe, xIm, eRe, eIm, bias }, channels, declaration: coefficientOf(modes, sum) };
}

/** Such sums made before, `[B, K, M]`. */
function ofProducts({ re, im, bias }: Readonly<Record<"re" | "im" | "bias", TensorInfo>>, modes: Modes): Source {
  const read = /* wgsl */ `
  let at = (sample * ${bias.shape[0]}u + k) * FREQUENCIES + w;
  sum += vec2f(productRe[at], productIm[at]);`;
  const inputs = { productRe: re, productIm: im, bias };
  return { name: `products ${bias.shape[0]}`, inputs, channels: 1, declaration: coefficientOf(modes, read) };
}

function coefficientOf(modes: Modes, add: string): string {
  const spectrum = spectrumShape(modes);
  const last = spectrum.length - 1;
  // A constant lives at the frequency 0.
  const zero = spectrum.reduce((flat, size, axis) => flat * size + (axis === last ? 0 : (size - 1) / 2), 0);
  return /* wgsl */ `
const FREQUENCIES = ${sizeOf(spectrum)}u;
fn coefficientOf(sample: u32, k: u32, w: u32) -> vec2f {
  var sum = vec2f(select(0.0, bias[k], w == ${zero}u), 0.0);${add}
  return sum;
}`;
}

interface Maps {
  readonly grid: Grid;
  readonly modes: Modes;
  readonly plane: Plane;
}

/** From the coefficients of the map of `sample` and the concept `k` to half of its transform. */
function halfway({ synthesizeLines }: Plane): string {
  return /* wgsl */ `
  for (var w = lane; w < FREQUENCIES; w += 256u) { spectrum[w] = coefficientOf(sample, k, w); }
  workgroupBarrier();
  ${synthesizeLines}`;
}

/** Maps `[rows, |N|]`, so many for each sample: those of chosen concepts, or of all, from the sample `first` on. */
function mapsOf(
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
    body: /* wgsl */ `
  let sample = u.firstSample + group / u.perSample;
  let k = ${concepts === undefined ? "group % u.perSample" : "u32(concepts[group])"};
  ${halfway(plane)}
  ${plane.eachValue("maps[group * N1 * N2 + i] = value;")}`,
    groups: rows,
  }).maps;
}

/** The largest points that are apart, and their values, rectified. */
function apart(
  backend: GpuBackend,
  maps: TensorInfo,
  attributes: { readonly grid: Grid; readonly count: number; readonly separation: readonly number[] },
): Record<"indices" | "values", TensorInfo> {
  const { positions } = separate(backend, maps, attributes);
  const entries = sizeOf(positions.shape);
  const { values } = runProgram(backend, {
    name: "rectifiedAt",
    inputs: { maps, positions },
    outputs: { values: { shape: positions.shape, dtype: "float32" } },
    sizes: { entries, count: attributes.count, points: maps.shape[1] as number },
    body: /* wgsl */ `${oneEntry}
  values[i] = max(maps[i / u.count * u.points + u32(positions[i])], 0.0);`,
    groups: groupsFor(entries),
  });
  return { indices: positions, values };
}

type Energies = readonly [batch: number, concepts: number];

/** `||relu(a_k)||^2`: a workgroup for a map, of which nothing is stored. */
function rectifiedEnergies(
  backend: GpuBackend,
  { name, inputs, channels, declaration }: Source,
  [batch, concepts]: Energies,
  { grid, modes, plane, reports }: Maps & { readonly reports: boolean },
): TensorInfo {
  const { table } = fourierTable(backend, "synthesis", grid, modes, false);
  return runProgram(backend, {
    name: `rectifiedEnergies ${name} ${reports} ${plane.key}`,
    inputs: { ...inputs, toPoints: table },
    outputs: { energies: { shape: [batch, concepts], dtype: "float32" } },
    sizes: { channels, concepts },
    pairs: ["toPoints"],
    reports,
    declarations: plane.declarations + declaration + sumOfLanes,
    body: /* wgsl */ `
  let sample = group / u.concepts;
  let k = group % u.concepts;
  ${halfway(plane)}
  var part = 0.0;
  ${plane.eachValue(`
        let bits = bitcast<u32>(value);
        part += select(0.0, value * value, value > 0.0);
        ${reports ? "if ((bits & 0x7fffffffu) > 0x7f800000u) { atomicOr(&findings[0], 1u); }" : ""}`)}
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { energies[group] = total / ${plane.points}.0; }`,
    groups: batch * concepts,
  }).energies;
}

/** The energy of the `count` largest points, some samples at a time. */
function keptEnergies(
  backend: GpuBackend,
  source: Source,
  [batch, concepts]: Energies,
  { count, ...given }: Maps & { readonly count: number },
): TensorInfo {
  const atOnce = Math.max(1, Math.floor(mostEntries / Math.max(1, concepts * given.plane.points)));
  const parts: TensorInfo[] = [];
  for (let first = 0; first === 0 || first < batch; first += atOnce) {
    const rows = Math.min(atOnce, batch - first) * concepts;
    const maps = mapsOf(backend, source, { ...given, rows, perSample: concepts, first });
    const kind: EnergyKind = "kept";
    parts.push({ ...rowEnergies(backend, maps, kind, count), shape: [rows / concepts, concepts] });
    backend.disposeData(maps.dataId);
  }
  if (parts.length === 1) return parts[0] as TensorInfo;
  return tidy(() => concat(parts as Tensor[], 0));
}

/** `sum_w c(w) |a_k^(w)|^2`: a workgroup for as many maps as their frequencies leave lanes for. */
function powerOfSpectra(
  backend: GpuBackend,
  { name, inputs, channels, declaration }: Source,
  [batch, concepts]: Energies,
  modes: Modes,
): TensorInfo {
  const frequencies = sizeOf(spectrumShape(modes));
  const lanes = Math.min(256, 2 ** Math.ceil(Math.log2(frequencies)));
  const maps = batch * concepts;
  return runProgram(backend, {
    name: `powerOfSpectra ${name} ${modes}`,
    inputs,
    outputs: { energies: { shape: [batch, concepts], dtype: "float32" } },
    sizes: { channels, concepts, maps },
    declarations: `${declaration}
var<workgroup> parts: array<f32, 256>;`,
    body: /* wgsl */ `
  let own = group * ${256 / lanes}u + lane / ${lanes}u;
  let map = min(own, u.maps - 1u);
  var part = 0.0;
  for (var w = lane % ${lanes}u; w < FREQUENCIES; w += ${lanes}u) {
    let value = coefficientOf(map / u.concepts, map % u.concepts, w);
    part += select(2.0, 1.0, w % ${modes.at(-1)}u == 0u) * dot(value, value);
  }
  parts[lane] = part;
  workgroupBarrier();
  for (var half = ${lanes >> 1}u; half > 0u; half >>= 1u) {
    if (lane % ${lanes}u < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  if (lane % ${lanes}u == 0u && own < u.maps) { energies[own] = parts[lane]; }`,
    groups: Math.ceil((maps * lanes) / 256),
  }).energies;
}
