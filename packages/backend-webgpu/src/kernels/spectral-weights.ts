import {
  type Modes,
  registerKernel,
  sizeOf,
  spectralWeights,
  spectralWeightsAdjoint,
  spectrumShape,
} from "@saeno/backend";
import { type GpuBackend, groupsFor, oneEntry, runProgram } from "./program.ts";

/**
 * Scale and symmetry of a frequency: in the plane `w_d = 0` the mean of a coefficient and the conjugate of the opposite one, elsewhere
 * `1 / sqrt(2)` of it (specification: Fourier coefficients). The opposite frequency lies at the mirrored place of the two-sided axes.
 */
const symmetric = /* wgsl */ `${oneEntry}
  let w = i % u.frequencies;
  let row = i / u.frequencies;
  let inPlane = w % u.lastModes == 0u;
  let opposite = select(w, u.frequencies - u.lastModes - w, inPlane);
  let scale = select(0.7071067811865476, 0.5, inPlane);
  let sign = select(0.0, 1.0, inPlane);
  // Where the parts of this row begin in theta.
  let real = (row / u.channels * 2u * u.channels + row % u.channels) * u.frequencies;
  let imaginary = real + u.channels * u.frequencies;`;

/** A declaration: that of the concept k, channel c and frequency w, with `FREQUENCIES` and `u.channels` known. */
export function weightOfTheta(modes: Modes): string {
  return /* wgsl */ `
const LAST = ${modes.at(-1)}u;
fn weightAt(k: u32, c: u32, w: u32) -> vec2f {
  let real = (k * 2u * u.channels + c) * FREQUENCIES;
  let imaginary = real + u.channels * FREQUENCIES;
  if (w % LAST != 0u) { return 0.7071067811865476 * vec2f(theta[real + w], theta[imaginary + w]); }
  let opposite = FREQUENCIES - LAST - w;
  return 0.5 * vec2f(theta[real + w] + theta[real + opposite], theta[imaginary + w] - theta[imaginary + opposite]);
}`;
}

export function registerSpectralWeights(backend: GpuBackend): void {
  const sizesOf = (concepts: number, channels: number, modes: Modes) => {
    const frequencies = sizeOf(spectrumShape(modes));
    return { entries: concepts * channels * frequencies, frequencies, channels, lastModes: modes.at(-1) as number };
  };

  registerKernel(spectralWeights, "webgpu", ({ theta }, { modes }) => {
    const [concepts, , channels] = theta.shape as [number, number, number];
    const sizes = sizesOf(concepts, channels, modes);
    const output = { shape: [concepts, channels, sizes.frequencies], dtype: "float32" as const };
    return runProgram(backend, {
      name: "spectralWeights",
      inputs: { theta },
      outputs: { re: output, im: output },
      sizes,
      body: /* wgsl */ `${symmetric}
  re[i] = scale * (theta[real + w] + sign * theta[real + opposite]);
  im[i] = scale * (theta[imaginary + w] - sign * theta[imaginary + opposite]);`,
      groups: groupsFor(sizes.entries),
    });
  });

  registerKernel(spectralWeightsAdjoint, "webgpu", ({ re, im }, { modes }) => {
    const [concepts, channels] = re.shape as [number, number];
    const sizes = sizesOf(concepts, channels, modes);
    return runProgram(backend, {
      name: "spectralWeightsAdjoint",
      inputs: { re, im },
      outputs: { theta: { shape: [concepts, 2, channels, ...spectrumShape(modes)], dtype: "float32" as const } },
      sizes,
      body: /* wgsl */ `${symmetric}
  let start = row * u.frequencies;
  theta[real + w] = scale * (re[start + w] + sign * re[start + opposite]);
  theta[imaginary + w] = scale * (im[start + w] - sign * im[start + opposite]);`,
      groups: groupsFor(sizes.entries),
    });
  });
}
