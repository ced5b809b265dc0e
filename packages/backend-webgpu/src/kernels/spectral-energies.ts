/** The energies of all maps of a fourier encoder (the contracts spectralEnergies, thetaEnergies), of which only those are stored that points are selected from. */
import {
  type EnergyKind,
  type Modes,
  registerKernel,
  type SpectralEnergiesAttributes,
  sizeOf,
  spectralEnergies,
  spectrumShape,
  thetaEnergies,
} from "@saeno/backend";
import { concat, type Tensor, type TensorInfo, tidy } from "@tensorflow/tfjs-core";
import { asTensors, halfway, type Maps, mapsOf, ofChannels, ofProducts, ofTheta, type Source } from "./concept-maps.ts";
import { fourierTable } from "./fourier-table.ts";
import { planeOf } from "./plane.ts";
import { type GpuBackend, runProgram, sumOfLanes } from "./program.ts";
import { rowEnergies } from "./select.ts";
import { multiplySpectra } from "./spectral-mat-mul.ts";

/** Of more channels, the product with the encoder is a program of its own, which reads each weight fewer times. */
const fewChannels = 4;

/** The most entries of maps that are held at a time. */
const mostEntries = 2 ** 24;

export function registerSpectralEnergies(backend: GpuBackend): void {
  registerKernel(spectralEnergies, "webgpu", (inputs, attributes) => {
    const { modes } = attributes;
    const wide = (inputs.xRe.shape[1] as number) > fewChannels;
    const { xRe: aRe, xIm: aIm, eRe: bRe, eIm: bIm, bias } = inputs;
    const products = wide ? multiplySpectra(backend, { aRe, aIm, bRe, bIm }, "b") : undefined;
    const source = products === undefined ? ofChannels(inputs, modes) : ofProducts({ ...products, bias }, modes);
    const energies = energiesOf(backend, source, [aRe.shape[0] as number, bias.shape[0] as number], attributes);
    for (const { dataId } of Object.values(products ?? {})) backend.disposeData(dataId);
    if (energies !== undefined) return { energies };
    return tidy(() => spectralEnergies.definition.composite(asTensors(inputs), attributes));
  });

  registerKernel(thetaEnergies, "webgpu", (inputs, attributes) => {
    const { xRe, bias } = inputs;
    const wide = (xRe.shape[1] as number) > fewChannels;
    const shape = [xRe.shape[0] as number, bias.shape[0] as number] as const;
    const energies = wide ? undefined : energiesOf(backend, ofTheta(inputs, attributes.modes), shape, attributes);
    if (energies !== undefined) return { energies };
    return tidy(() => thetaEnergies.definition.composite(asTensors(inputs), attributes));
  });
}

/** The energies of all maps; nothing where a map does not fit into a workgroup. */
function energiesOf(
  backend: GpuBackend,
  source: Source,
  shape: Energies,
  { kind, grid, modes, count }: SpectralEnergiesAttributes,
): TensorInfo | undefined {
  if (kind === "preactivation") return powerOfSpectra(backend, source, shape, modes);
  const plane = planeOf(backend, grid, modes, { terms: source.channels, more: 1024 });
  if (plane === undefined) return undefined;
  return kind === "kept" && count !== undefined && count < plane.points
    ? keptEnergies(backend, source, shape, { grid, modes, plane, count })
    : rectifiedEnergies(backend, source, shape, { grid, modes, plane, reports: kind === "kept" });
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
    body: () => /* wgsl */ `
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
    let value = coefficientOf(map / u.concepts, map % u.concepts, w, 0u, 1u);
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
