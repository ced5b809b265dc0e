import {
  type Modes,
  registerKernel,
  sizeOf,
  spectralLocality,
  spectralLocalityGradient,
  spectrumShape,
} from "@saeno/backend";
import { type GpuBackend, groupsFor, oneEntry, runProgram, sumOfLanes } from "./program.ts";

const coefficient = /* wgsl */ `
fn coefficient(i: u32) -> vec2f { return vec2f(fromRe[i], fromIm[i]); }`;

/** The place of entry `i` on the last axis and in its line, on the axis of lines, and on that of planes. */
const place = /* wgsl */ `
  let onLast = i % u.lastModes;
  let onLines = i / u.lastModes % u.lines;
  let onPlanes = i / u.lastModes / u.lines % u.planes;
  let plane = u.lines * u.lastModes;`;

/** Differences of neighboring coefficients (the contract spectralLocality): a workgroup for each concept, a thread for each entry of the gradient. */
export function registerLocality(backend: GpuBackend): void {
  const sizesOf = (channels: number, modes: Modes) => {
    const [lastModes, lines = 1, planes = 1] = spectrumShape(modes).reverse() as [number, number?, number?];
    return { entries: channels * sizeOf(spectrumShape(modes)), lastModes, lines, planes, axes: modes.length };
  };

  registerKernel(spectralLocality, "webgpu", ({ re, im }, { modes }) => {
    const [concepts, channels] = re.shape as [number, number];
    return runProgram(backend, {
      name: "spectralLocality",
      inputs: { fromRe: re, fromIm: im },
      outputs: { energies: { shape: [concepts], dtype: "float32" as const } },
      sizes: sizesOf(channels, modes),
      declarations: `${sumOfLanes}${coefficient}
fn power(step: vec2f) -> f32 { return dot(step, step); }`,
      body: /* wgsl */ `
  var part = 0.0;
  for (var entry = lane; entry < u.entries; entry += 256u) {
    let i = group * u.entries + entry;
    ${place}
    let own = coefficient(i);
    let count = select(2.0, 1.0, onLast == 0u);
    var next = vec2f();
    if (onLast + 1u < u.lastModes) { next = coefficient(i + 1u); }
    part += 2.0 * power(next - own);
    if (u.axes > 1u) {
      next = vec2f();
      if (onLines + 1u < u.lines) { next = coefficient(i + u.lastModes); }
      part += count * (power(next - own) + select(0.0, power(own), onLines == 0u));
    }
    if (u.axes > 2u) {
      next = vec2f();
      if (onPlanes + 1u < u.planes) { next = coefficient(i + plane); }
      part += count * (power(next - own) + select(0.0, power(own), onPlanes == 0u));
    }
  }
  let total = sumOfLanes(lane, part);
  if (lane == 0u) { energies[group] = 0.25 * total; }`,
      groups: concepts,
    });
  });

  registerKernel(spectralLocalityGradient, "webgpu", ({ re, im, upstream }, { modes }) => {
    const [concepts, channels] = re.shape as [number, number];
    const { entries: each, ...sizes } = sizesOf(channels, modes);
    const output = { shape: re.shape, dtype: "float32" as const };
    return runProgram(backend, {
      name: "spectralLocalityGradient",
      inputs: { fromRe: re, fromIm: im, upstream },
      outputs: { re: output, im: output },
      sizes: { entries: concepts * each, each, ...sizes },
      declarations: coefficient,
      body: /* wgsl */ `${oneEntry}
  ${place}
  var change = 2.0 * f32(u.axes) * coefficient(i);
  if (onLines > 0u) { change -= coefficient(i - u.lastModes); }
  if (onLines + 1u < u.lines) { change -= coefficient(i + u.lastModes); }
  if (onPlanes > 0u) { change -= coefficient(i - plane); }
  if (onPlanes + 1u < u.planes) { change -= coefficient(i + plane); }
  if (onLast == 0u) { change *= 0.5; }
  if (onLast > 0u) { change -= coefficient(i - 1u); }
  if (onLast + 1u < u.lastModes) { change -= coefficient(i + 1u); }
  change *= upstream[i / u.each];
  re[i] = change.x;
  im[i] = change.y;`,
      groups: groupsFor(concepts * each),
    });
  });
}
