/**
 * How far atoms spread from the origin, by differences of neighboring coefficients, and its gradient (the contract spectralLocality).
 * Spectra are taken line by line of their last axis, which has m frequencies; axes that a spectrum lacks have one.
 */
import { address, int, next } from "./parallel";
import { addScaled, dot, fma, loadPart, storePart, sumLanes, zero } from "./simd";

/**
 * re, im, energies, concepts, channels, lines along the first axis, along the second, m, axes.
 * Operations: 6 d of each coefficient; bytes: 8 of each.
 */
export function localityEnergies(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const concepts = int(block, 3);
  const channels = int(block, 4);
  const size = <usize>(int(block, 5) * int(block, 6) * int(block, 7)) << 2;
  for (let k = next(block, 0); k < concepts; k = next(block, 0)) {
    let energy: f64 = 0;
    for (let c = 0; c < channels; c++) {
      const from = <usize>(k * channels + c) * size;
      energy += energyOf(address(block, 0) + from, block) + energyOf(address(block, 1) + from, block);
    }
    store<f32>(address(block, 2) + (<usize>k << 2), <f32>(0.25 * energy));
  }
}

/** The sum of squared differences of one part of a spectrum, by how often each counts. */
function energyOf(x: usize, block: usize): f64 {
  const planes = int(block, 5);
  const lines = int(block, 6);
  const m = int(block, 7);
  const axes = int(block, 8);
  const line = <usize>m << 2;
  const plane = line * lines;
  let energy: f64 = 0;
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < lines; j++) {
      const a = x + <usize>i * plane + <usize>j * line;
      const last = load<f32>(a + line - 4);
      let power: f32 = 2 * (stepPower(a, a + 4, m - 1) + last * last);
      if (axes > 1) {
        if (j == 0) power += countedPower(a, m);
        power += j + 1 < lines ? countedSteps(a, a + line, m) : countedPower(a, m);
      }
      if (axes > 2) {
        if (i == 0) power += countedPower(a, m);
        power += i + 1 < planes ? countedSteps(a, a + plane, m) : countedPower(a, m);
      }
      energy += power;
    }
  }
  return energy;
}

/** `sum_i (b_i - a_i)^2`. */
function stepPower(a: usize, b: usize, n: i32): f32 {
  let power = zero();
  const whole = <usize>(n & ~3) << 2;
  for (let w: usize = 0; w < whole; w += 16) {
    const step = f32x4.sub(v128.load(b + w), v128.load(a + w));
    power = fma(step, step, power);
  }
  const left = n & 3;
  if (left > 0) {
    const step = f32x4.sub(loadPart(b + whole, left), loadPart(a + whole, left));
    power = fma(step, step, power);
  }
  return sumLanes(power);
}

/** `sum_i c_i (b_i - a_i)^2`, c 1 for the frequency 0 and else 2. */
function countedSteps(a: usize, b: usize, m: i32): f32 {
  const first = load<f32>(b) - load<f32>(a);
  return 2 * stepPower(a, b, m) - first * first;
}

/** `sum_i c_i a_i^2`. */
function countedPower(a: usize, m: i32): f32 {
  const first = load<f32>(a);
  return 2 * dot(a, a, m) - first * first;
}

/**
 * re, im, upstream, to re, to im, concepts, channels, lines along the first axis, along the second, m, axes.
 * Operations: 6 d of each coefficient; bytes: 16 of each.
 */
export function localityGradient(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const concepts = int(block, 5);
  const channels = int(block, 6);
  const size = <usize>(int(block, 7) * int(block, 8) * int(block, 9)) << 2;
  for (let k = next(block, 0); k < concepts; k = next(block, 0)) {
    const factor = load<f32>(address(block, 2) + (<usize>k << 2));
    for (let c = 0; c < channels; c++) {
      const from = <usize>(k * channels + c) * size;
      gradientOf(address(block, 0) + from, factor, address(block, 3) + from, block);
      gradientOf(address(block, 1) + from, factor, address(block, 4) + from, block);
    }
  }
}

/** Second differences of one part of a spectrum: `2 d x` without the neighbors, of which the frequency 0 of the last axis has half. */
function gradientOf(x: usize, factor: f32, to: usize, block: usize): void {
  const planes = int(block, 7);
  const lines = int(block, 8);
  const m = int(block, 9);
  const axes = int(block, 10);
  const line = <usize>m << 2;
  const plane = line * lines;
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < lines; j++) {
      const at = <usize>i * plane + <usize>j * line;
      const a = x + at;
      const y = to + at;
      times(a, factor * <f32>(axes + axes), m, y);
      if (j > 0) addScaled(y, -factor, a - line, m);
      if (j + 1 < lines) addScaled(y, -factor, a + line, m);
      if (i > 0) addScaled(y, -factor, a - plane, m);
      if (i + 1 < planes) addScaled(y, -factor, a + plane, m);
      store<f32>(y, 0.5 * load<f32>(y));
      addScaled(y, -factor, a + 4, m - 1);
      addScaled(y + 4, -factor, a, m - 1);
    }
  }
}

/** y = s x. */
function times(x: usize, s: f32, n: i32, y: usize): void {
  const factor = f32x4.splat(s);
  const whole = <usize>(n & ~3) << 2;
  for (let w: usize = 0; w < whole; w += 16) v128.store(y + w, f32x4.mul(v128.load(x + w), factor));
  const left = n & 3;
  if (left > 0) storePart(y + whole, f32x4.mul(loadPart(x + whole, left), factor), left);
}
