import { createRandom, type Grid, SaenoError, sizeOf, spectrumShape } from "@saeno/backend";
import { analyze, synthesize } from "@saeno/fft";
import { add, concat, mul, reshape, slice, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/** The simulation's own resolution: 16 modes and a grid on which products of two functions do not alias into them. */
export const flowModes = [16, 16] as const;
const modes = flowModes;
const simulationGrid: Grid = [48, 48];

export interface FlowSimulationOptions {
  /** Snapshots; those of one trajectory follow each other. */
  readonly samples: number;
  /** Default 0. */
  readonly seed?: number;
  /** Kinematic viscosity, in (length of the square)^2 / time. Default 1e-3. */
  readonly viscosity?: number;
  /** Snapshots taken of a trajectory. Default 12. */
  readonly snapshots?: number;
  /** Time between snapshots. Default 0.1, about one turnover of an eddy. */
  readonly interval?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Snapshots of vorticity by their Fourier coefficients: the same functions whatever grid they are shown on. */
export interface FlowSpectra {
  /** `[samples, 31, 16]`. */
  readonly re: Float32Array;
  readonly im: Float32Array;
  readonly samples: number;
}

/** `2 pi w` of each entry of a flat spectrum, on the first and on the second axis. */
const wavenumbers: { readonly first: Float64Array; readonly second: Float64Array } = {
  first: Float64Array.from({ length: sizeOf(spectrumShape(modes)) }, (_, i) => 2 * Math.PI * frequency(i, 0)),
  second: Float64Array.from({ length: sizeOf(spectrumShape(modes)) }, (_, i) => 2 * Math.PI * frequency(i, 1)),
};

/** Root mean square of the initial vorticity: an eddy turns over in about 1 / 10. */
const initialVorticity = 10;
const timeStep = 0.01;
/** Intervals before the first snapshot is taken one interval later, so that eddies have formed. */
const spinUp = 2;

/**
 * Decaying two-dimensional turbulence on the periodic unit square: `w_t + u . grad w = nu Laplace w`, `u = curl^-1 w`,
 * from random smooth vorticity. Pseudo-spectral (Orszag 1971): products are taken on a grid fine enough that they do not alias,
 * everything else on the coefficients; viscosity is integrated exactly, advection by a Runge-Kutta method of fourth order.
 * Trajectories advance side by side. The set is scaled to unit variance. The same options give the same numbers on a backend.
 *
 * @throws SaenoError `flow.samples`, `flow.options` for values out of range.
 */
export async function simulateFlow(options: FlowSimulationOptions): Promise<FlowSpectra> {
  const { samples, seed = 0, viscosity = 1e-3, snapshots = 12, interval = 0.1, onProgress } = options;
  if (!Number.isInteger(samples) || samples < 1)
    throw new SaenoError("flow.samples", `samples must be a whole number of at least 1; got ${samples}.`);
  if (!(viscosity >= 0) || !(interval > 0) || !Number.isInteger(snapshots) || snapshots < 1) {
    throw new SaenoError(
      "flow.options",
      `Flow needs a viscosity of at least 0, a positive interval and at least 1 snapshot; got ${viscosity}, ${interval}, ${snapshots}.`,
    );
  }
  const trajectories = Math.ceil(samples / snapshots);
  const steps = Math.max(1, Math.round(interval / timeStep));
  let state = initialState(trajectories, seed);
  const size = sizeOf(spectrumShape(modes));
  state = advance(state, spinUp * interval, viscosity, spinUp * steps);
  const [re, im] = [new Float32Array(samples * size), new Float32Array(samples * size)];
  for (let snapshot = 0; snapshot < snapshots; snapshot++) {
    state = advance(state, interval, viscosity, steps);
    for (let trajectory = 0; trajectory < trajectories; trajectory++) {
      const sample = trajectory * snapshots + snapshot;
      if (sample >= samples) continue;
      re.set(state.re.subarray(trajectory * size, (trajectory + 1) * size), sample * size);
      im.set(state.im.subarray(trajectory * size, (trajectory + 1) * size), sample * size);
    }
    onProgress?.(snapshot + 1, snapshots);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return toUnitVariance({ re, im, samples });
}

/** Vorticity coefficients of trajectories side by side, `[B, 31, 16]`. */
export interface FlowState {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** The same on the device, flat: `[B, 31 16]`. */
interface Coefficients {
  readonly re: Tensor;
  readonly im: Tensor;
}

/**
 * Advances a flow by a time, in steps of the classical Runge-Kutta method for advection, with the exact decay by viscosity as an
 * integrating factor.
 */
export function advance(state: FlowState, time: number, viscosity: number, steps = 1): FlowState {
  const size = sizeOf(spectrumShape(modes));
  const shape: [number, number] = [state.re.length / size, size];
  const decay = decayOver(time / steps / 2, viscosity);
  let now: Coefficients = { re: tensor(state.re, shape), im: tensor(state.im, shape) };
  for (let step = 0; step < steps; step++) {
    const next = tidy(() => ({ ...rungeKuttaStep(now, time / steps, tensor(decay)) }));
    disposeCoefficients(now);
    now = next;
  }
  const result = { re: now.re.dataSync<"float32">(), im: now.im.dataSync<"float32">() };
  disposeCoefficients(now);
  return result;
}

function rungeKuttaStep(state: Coefficients, time: number, half: Tensor): Coefficients {
  const a = advection(state);
  const decayed = scaled(state, half);
  const b = advection(added(decayed, scaled(a, half), time / 2));
  const c = advection(added(decayed, b, time / 2));
  const d = advection(added(scaled(decayed, half), scaled(c, half), time));
  const slope = added(scaled(added(scaled(a, half), added(b, c, 1), 2), half), d, 1);
  return added(scaled(decayed, half), slope, time / 6);
}

function disposeCoefficients({ re, im }: Coefficients): void {
  re.dispose();
  im.dispose();
}

function initialState(trajectories: number, seed: number): FlowState {
  const [rows, columns] = spectrumShape(modes);
  const [re, im] = [new Float32Array(trajectories * rows * columns), new Float32Array(trajectories * rows * columns)];
  const noise = createRandom(seed).split("flow");
  const points = sizeOf(simulationGrid);
  for (let b = 0; b < trajectories; b++) {
    // White noise on the grid, so that the coefficients have the symmetry of a real function, then a band around |w| = 4.
    const white = analyzed(noise.normals(points), 1);
    let energy = 0;
    const amplitude = (flat: number) => {
      const squared = frequency(flat, 0) ** 2 + frequency(flat, 1) ** 2;
      return squared * Math.exp(-squared / 10);
    };
    for (let i = 0; i < rows * columns; i++) {
      const [p, q] = [white.re[i] * amplitude(i), white.im[i] * amplitude(i)];
      re[b * rows * columns + i] = p;
      im[b * rows * columns + i] = q;
      energy += (i % columns === 0 ? 1 : 2) * (p * p + q * q);
    }
    const scale = initialVorticity / Math.sqrt(energy);
    for (let i = b * rows * columns; i < (b + 1) * rows * columns; i++) {
      re[i] = re[i] * scale;
      im[i] = im[i] * scale;
    }
  }
  return { re, im };
}

/** `-u . grad w`, its coefficients. */
function advection({ re, im }: Coefficients): Coefficients {
  const [batch, size] = re.shape;
  // Four fields: both velocities, their sign turned, and both derivatives of vorticity, each i k times the coefficients.
  const { first, second } = wavenumbers;
  const factors = [velocityFactors(second, -1), velocityFactors(first, 1), first, second];
  const times = (part: Tensor, sign: number) =>
    concat(factors.map((factor) => mul(part, tensor(Float32Array.from(factor, (k) => sign * k)))));
  const shape = [4 * batch, ...spectrumShape(modes), 1];
  const fields = { re: reshape(times(im, -1), shape), im: reshape(times(re, 1), shape) };
  const values = reshape(synthesize(fields, { grid: simulationGrid }), [4, -1]);
  const field = (i: number) => slice(values, [i, 0], [1, -1]);
  const product = add(mul(field(0), field(2)), mul(field(1), field(3)));
  const spectrum = analyze(reshape(product, [batch, ...simulationGrid, 1]), { modes });
  return { re: reshape(spectrum.re, [batch, size]), im: reshape(spectrum.im, [batch, size]) };
}

/** What viscosity leaves of each frequency after a time, `[31 16]`. */
function decayOver(time: number, viscosity: number): Float32Array {
  return Float32Array.from(wavenumbers.first, (k1, i) =>
    Math.exp(-viscosity * (k1 ** 2 + wavenumbers.second[i] ** 2) * time),
  );
}

/** Each coefficient times a factor of its frequency. */
function scaled({ re, im }: Coefficients, factors: Tensor): Coefficients {
  return { re: mul(re, factors), im: mul(im, factors) };
}

/** `a + factor b`. */
function added(a: Coefficients, b: Coefficients, factor: number): Coefficients {
  const plus = (x: Tensor, y: Tensor) => add(x, factor === 1 ? y : mul(y, factor));
  return { re: plus(a.re, b.re), im: plus(a.im, b.im) };
}

function analyzed(values: Float32Array, batch: number): FlowState {
  const { re, im } = tidy(() => ({ ...analyze(tensor(values, [batch, ...simulationGrid, 1]), { modes }) }));
  const state = { re: re.dataSync<"float32">(), im: im.dataSync<"float32">() };
  re.dispose();
  im.dispose();
  return state;
}

/** `sign k / |k|^2`: from vorticity to a velocity, up to the factor i. */
function velocityFactors(k: Float64Array, sign: number): Float64Array {
  return k.map((value, i) => {
    const squared = wavenumbers.first[i] ** 2 + wavenumbers.second[i] ** 2;
    return squared === 0 ? 0 : (sign * value) / squared;
  });
}

/** The frequency on an axis of an entry of a flat spectrum `[31, 16]`. */
function frequency(flat: number, axis: 0 | 1): number {
  const columns = modes[1];
  return axis === 0 ? Math.floor(flat / columns) - (modes[0] - 1) : flat % columns;
}

function toUnitVariance(spectra: FlowSpectra): FlowSpectra {
  const columns = modes[1];
  let energy = 0;
  for (let i = 0; i < spectra.re.length; i++) {
    energy += (i % columns === 0 ? 1 : 2) * (spectra.re[i] ** 2 + spectra.im[i] ** 2);
  }
  const scale = 1 / Math.sqrt(energy / spectra.samples);
  return { ...spectra, re: spectra.re.map((value) => value * scale), im: spectra.im.map((value) => value * scale) };
}
