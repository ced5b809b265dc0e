/** Optimizer steps in one pass over parameter, gradient and moments. */
import { sumOfUses } from "./dense-rows";
import { address, float, int, next } from "./parallel";
import { dot, fma, fnma, loadPart, storePart, sumLanes, zero } from "./simd";

/** Moments below this are set to zero: those of dead concepts would stay subnormal for ever, and such numbers are sixty times slower. */
const TINY: f32 = 1e-35;

let beta1: v128 = i32x4.splat(0);
let beta2: v128 = i32x4.splat(0);
let rate: v128 = i32x4.splat(0);
let floor: v128 = i32x4.splat(0);

/**
 * Adam over rows: first <- beta1 first + (1 - beta1) g, second <- beta2 second + (1 - beta2) g^2,
 * p <- p - rate first / (sqrt(second) + floor). Where rows are unit atoms, g loses its component along the row before and the row
 * has norm one after.
 * With `shared` each row has one second moment, of its mean squared gradient; with `lazy` rows whose gradient is zero stay as they are.
 * parameter, gradient, first, second, to parameter, to first, to second, rows, columns, atoms, rate, floor, beta1, beta2, shared + 2 lazy.
 * Operations: 12 for each entry, 4 more for atoms; bytes: 28 for each entry where done in place, 20 where second moments are shared.
 */
export function adam(block: usize, thread: i32, threads: i32, scratch: usize): void {
  prepare(block);
  const rows = int(block, 7);
  const columns = int(block, 8);
  const together = rowsTogether(columns);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    for (let r = i; r < min(i + together, rows); r++) step(block, r, address(block, 1) + ((<usize>r * columns) << 2));
  }
}

/**
 * Adam over rows whose gradient is a sum of weighted samples, or of such sums (dense-rows.ts), which is formed in cache and never stored: 20 bytes for each
 * entry where done in place, instead of 36, and 2 operations for each use.
 * Arguments: as adam's, the gradient's address unused; then those of sumOfUses. Scratch: a row, and that of sumOfUses.
 */
export function adamOfUses(block: usize, thread: i32, threads: i32, scratch: usize): void {
  prepare(block);
  const rows = int(block, 7);
  const columns = int(block, 8);
  const together = rowsTogether(columns);
  const uses = scratch + ((<usize>columns << 2) + 63 & ~63);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    for (let r = i; r < min(i + together, rows); r++) {
      sumOfUses(block, 15, r, scratch, columns, uses);
      step(block, r, scratch);
    }
  }
}

function prepare(block: usize): void {
  rate = f32x4.splat(float(block, 10));
  floor = f32x4.splat(float(block, 11));
  beta1 = f32x4.splat(float(block, 12));
  beta2 = f32x4.splat(float(block, 13));
}

/** Short rows are taken several at a time. */
// @ts-expect-error: decorator
@inline
function rowsTogether(columns: i32): i32 {
  return max(1, 2048 / columns);
}

/** The step of row r with gradient g. */
function step(block: usize, r: i32, g: usize): void {
  const columns = int(block, 8);
  const atoms = int(block, 9) != 0;
  const shared = (int(block, 14) & 1) != 0;
  const from = (<usize>r * columns) << 2;
  const p = address(block, 0) + from;
  const to = address(block, 4) + from;
  if ((int(block, 14) & 2) != 0 && isZero(g, columns)) {
    const bytes = <usize>columns << 2;
    const moment = shared ? <usize>r << 2 : from;
    keep(p, to, bytes);
    keep(address(block, 2) + from, address(block, 5) + from, bytes);
    keep(address(block, 3) + moment, address(block, 6) + moment, shared ? 4 : bytes);
    return;
  }
  const along: f32 = atoms ? dot(g, p, columns) : 0;
  const first = address(block, 2) + from;
  const toFirst = address(block, 5) + from;
  let power: f32 = 0;
  if (shared) {
    const moment = <usize>r << 2;
    const memory = float(block, 13);
    const before = load<f32>(address(block, 3) + moment);
    const after = memory * before + (1 - memory) * (gradientPower(p, g, columns, along) / <f32>columns);
    store<f32>(address(block, 6) + moment, after < TINY ? 0 : after);
    power = sharedRow(p, g, first, after, to, toFirst, columns, along);
  } else {
    power = adamRow(p, g, first, address(block, 3) + from, to, toFirst, address(block, 6) + from, columns, along);
  }
  if (atoms) rescale(to, columns, 1 / (Mathf.sqrt(power) + 1e-12));
}

function isZero(row: usize, n: i32): bool {
  let any = zero();
  const end = row + (<usize>(n & ~3) << 2);
  for (; row < end; row += 16) any = v128.or(any, f32x4.ne(v128.load(row), zero()));
  if ((n & 3) != 0) any = v128.or(any, f32x4.ne(loadPart(row, n & 3), zero()));
  return !v128.any_true(any);
}

function keep(from: usize, to: usize, bytes: usize): void {
  if (from != to) memory.copy(to, from, bytes);
}

/** One row; returns the squared norm of the result. */
function adamRow(
  p: usize,
  g: usize,
  first: usize,
  second: usize,
  toParameter: usize,
  toFirst: usize,
  toSecond: usize,
  columns: i32,
  along: f32,
): f32 {
  const shift = f32x4.splat(along);
  const fresh1 = rest(beta1);
  const kept1 = beta1;
  const fresh2 = rest(beta2);
  const kept2 = beta2;
  const factor = rate;
  const whole = <usize>(columns & ~3) << 2;
  let power = zero();
  let w: usize = 0;
  for (; w < whole; w += 16) {
    const old = v128.load(p + w);
    const gradient = fnma(shift, old, v128.load(g + w));
    const m = nextFirst(v128.load(first + w), gradient, kept1, fresh1);
    const v = nextSecond(v128.load(second + w), gradient, kept2, fresh2);
    const updated = f32x4.sub(old, f32x4.div(f32x4.mul(factor, m), divisorOf(v)));
    v128.store(toFirst + w, m);
    v128.store(toSecond + w, v);
    v128.store(toParameter + w, updated);
    power = fma(updated, updated, power);
  }
  const left = columns & 3;
  if (left > 0) {
    const old = loadPart(p + w, left);
    const gradient = fnma(shift, old, loadPart(g + w, left));
    const m = nextFirst(loadPart(first + w, left), gradient, kept1, fresh1);
    const v = nextSecond(loadPart(second + w, left), gradient, kept2, fresh2);
    const updated = f32x4.sub(old, f32x4.div(f32x4.mul(factor, m), divisorOf(v)));
    storePart(toFirst + w, m, left);
    storePart(toSecond + w, v, left);
    storePart(toParameter + w, updated, left);
    power = addSquares(power, toParameter + w, left);
  }
  return sumLanes(power);
}

/** Adds the squares of a few entries to the first lane. */
function addSquares(power: v128, entries: usize, count: i32): v128 {
  for (let i = 0; i < count; i++) {
    const entry = load<f32>(entries + (<usize>i << 2));
    power = f32x4.replace_lane(power, 0, f32x4.extract_lane(power, 0) + entry * entry);
  }
  return power;
}

/** The squared norm of the gradient without its component along the row. */
function gradientPower(p: usize, g: usize, columns: i32, along: f32): f32 {
  const shift = f32x4.splat(along);
  const whole = <usize>(columns & ~3) << 2;
  let power = zero();
  let w: usize = 0;
  for (; w < whole; w += 16) {
    const gradient = fnma(shift, v128.load(p + w), v128.load(g + w));
    power = fma(gradient, gradient, power);
  }
  const left = columns & 3;
  if (left > 0) {
    const gradient = fnma(shift, loadPart(p + w, left), loadPart(g + w, left));
    power = fma(gradient, gradient, power);
  }
  return sumLanes(power);
}

/** One row with a second moment of its own; returns the squared norm of the result. */
function sharedRow(p: usize, g: usize, first: usize, second: f32, toParameter: usize, toFirst: usize, columns: i32, along: f32): f32 {
  const shift = f32x4.splat(along);
  // What engines would compute for every vector.
  const fresh = rest(beta1);
  const kept = beta1;
  const factor = rate;
  const divisor = divisorOf(f32x4.splat(second));
  const whole = <usize>(columns & ~3) << 2;
  let power = zero();
  let w: usize = 0;
  for (; w < whole; w += 16) {
    const old = v128.load(p + w);
    const m = nextFirst(v128.load(first + w), fnma(shift, old, v128.load(g + w)), kept, fresh);
    const updated = f32x4.sub(old, f32x4.div(f32x4.mul(factor, m), divisor));
    v128.store(toFirst + w, m);
    v128.store(toParameter + w, updated);
    power = fma(updated, updated, power);
  }
  const left = columns & 3;
  if (left > 0) {
    const old = loadPart(p + w, left);
    const m = nextFirst(loadPart(first + w, left), fnma(shift, old, loadPart(g + w, left)), kept, fresh);
    const updated = f32x4.sub(old, f32x4.div(f32x4.mul(factor, m), divisor));
    storePart(toFirst + w, m, left);
    storePart(toParameter + w, updated, left);
    power = addSquares(power, toParameter + w, left);
  }
  return sumLanes(power);
}

// @ts-ignore: decorator
@inline
function rest(beta: v128): v128 {
  return f32x4.sub(f32x4.splat(1), beta);
}

// @ts-ignore: decorator
@inline
function nextFirst(m: v128, gradient: v128, kept: v128, fresh: v128): v128 {
  const moved = fma(kept, m, f32x4.mul(fresh, gradient));
  return v128.and(moved, f32x4.ge(f32x4.abs(moved), f32x4.splat(TINY)));
}

// @ts-ignore: decorator
@inline
function nextSecond(v: v128, gradient: v128, kept: v128, fresh: v128): v128 {
  const moved = fma(kept, v, f32x4.mul(fresh, f32x4.mul(gradient, gradient)));
  return v128.and(moved, f32x4.ge(moved, f32x4.splat(TINY)));
}

// @ts-ignore: decorator
@inline
function divisorOf(second: v128): v128 {
  return f32x4.add(f32x4.sqrt(second), floor);
}

function rescale(p: usize, n: i32, factor: f32): void {
  const s = f32x4.splat(factor);
  let w: usize = 0;
  for (const end = <usize>(n & ~3) << 2; w < end; w += 16) v128.store(p + w, f32x4.mul(v128.load(p + w), s));
  const left = n & 3;
  if (left > 0) storePart(p + w, f32x4.mul(loadPart(p + w, left), s), left);
}

/**
 * Gradient descent with momentum over rows: velocity <- momentum velocity + g, p <- p - rate velocity; unit atoms as in adam.
 * parameter, gradient, velocity, to parameter, to velocity, rows, columns, atoms, rate, momentum.
 * Operations: 4 for each entry, 4 more for atoms; bytes: 20 for each entry where done in place.
 */
export function sgd(block: usize, thread: i32, threads: i32, scratch: usize): void {
  const rows = int(block, 5);
  const columns = int(block, 6);
  const atoms = int(block, 7) != 0;
  const row = <usize>columns << 2;
  const step = f32x4.splat(float(block, 8));
  const momentum = f32x4.splat(float(block, 9));
  const together = max(1, 2048 / columns);
  for (let i = next(block, 0) * together; i < rows; i = next(block, 0) * together) {
    for (let r = i; r < min(i + together, rows); r++) {
      const from = <usize>r * row;
      const p = address(block, 0) + from;
      const g = address(block, 1) + from;
      const v = address(block, 2) + from;
      const toParameter = address(block, 3) + from;
      const toVelocity = address(block, 4) + from;
      const along = f32x4.splat(atoms ? dot(g, p, columns) : 0);
      let w: usize = 0;
      for (const whole = <usize>(columns & ~3) << 2; w < whole; w += 16) {
        const old = v128.load(p + w);
        const velocity = fma(momentum, v128.load(v + w), fnma(along, old, v128.load(g + w)));
        v128.store(toVelocity + w, velocity);
        v128.store(toParameter + w, fnma(step, velocity, old));
      }
      const left = columns & 3;
      if (left > 0) {
        const old = loadPart(p + w, left);
        const velocity = fma(momentum, loadPart(v + w, left), fnma(along, old, loadPart(g + w, left)));
        storePart(toVelocity + w, velocity, left);
        storePart(toParameter + w, fnma(step, velocity, old), left);
      }
      if (atoms) rescale(toParameter, columns, 1 / (Mathf.sqrt(dot(toParameter, toParameter, columns)) + 1e-12));
    }
  }
}
