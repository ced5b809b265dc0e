/**
 * Lengths and tables for the transforms of assembly/mixed-radix.ts, and when transforms cost less than direct sums.
 */
import { type Grid, type Padding, sizeOf } from "@saeno/backend";
import type { Allocation, Kernels } from "../runtime/thread-pool.ts";

/** The approximate cost of a stage per entry, by its radix; 1 is a stage of radix 4. */
const stageCosts = new Map([
  [9, 1.7],
  [8, 1.2],
  [7, 2.4],
  [5, 1.8],
  [3, 1.2],
  [2, 0.8],
  [4, 1],
]);

/** The length of a line (of single vectors) beyond which its two buffers no longer fit the first-level cache, and the cost of that. */
const longLine = { length: 256, factor: 1.4 };

/** The radices of the stages of a transform; nothing if the length has other prime factors. */
function stagesOf(length: number): readonly number[] | undefined {
  const stages: number[] = [];
  let rest = length;
  for (const radix of [9, 7, 5, 3, 8, 4, 2]) {
    // 16 is 4 times 4.
    for (; rest % radix === 0 && !(radix === 8 && rest % 16 === 0 && rest % 32 !== 0); rest /= radix)
      stages.push(radix);
  }
  if (rest !== 1) return undefined;
  if (withoutFactors(stages)) return stages.sort((a, b) => Number(a !== 8) - Number(b !== 8));
  // Those of radix 4 and 9 come last, where they are cheaper: the last stage has no factors.
  return stages.sort((a, b) => Number(a === 4 || a === 9) - Number(b === 4 || b === 9));
}

/** Whether a transform is one of radix 8 and one of an odd radix, without factors between them. */
function withoutFactors(stages: readonly number[]): boolean {
  return stages.length === 2 && stages.includes(8) && stages.some((radix) => radix % 2 === 1);
}

/** The cost of a line per entry; gathering it counts as half a stage. */
function costOf(length: number): number {
  const stages = stagesOf(length);
  if (stages === undefined) return Number.POSITIVE_INFINITY;
  const cost = stages.reduce((total, radix) => total + (stageCosts.get(radix) as number), 0.5);
  return length > longLine.length ? longLine.factor * cost : cost;
}

/** The length at which a correlation along an axis is cheapest by transforms: the axis itself if it wraps, or one with a border. */
function transformLength(points: number, taps: number, padding: Padding): number {
  const half = (taps - 1) / 2;
  const shortest = points === 1 && taps === 1 ? 1 : points + (padding === "circular" ? 2 * half : half);
  const candidates = Array.from({ length: shortest + 8 }, (_, i) => shortest + i);
  if (padding === "circular") candidates.push(points);
  const cost = (length: number) => length * (4 + costOf(length));
  return candidates.reduce((best, length) => (cost(length) < cost(best) ? length : best));
}

export interface Correlation {
  readonly batch: number;
  readonly concepts: number;
  readonly channels: number;
  readonly grid: Grid;
  readonly size: Grid;
  readonly padding: Padding;
}

/**
 * The lengths for a correlation by transforms; nothing if the direct sum costs less. The unit is the time of a vector operation for
 * eight maps of a sample: a direct sum takes four per tap, transforms take what was measured.
 */
export function transformLengths(correlation: Correlation): readonly number[] | undefined {
  const { batch, concepts, channels, grid, size, padding } = correlation;
  if (batch === 0 || channels === 0) return undefined;
  const lengths = grid.map((points, axis) => transformLength(points, size[axis], padding));
  const octets = Math.ceil(concepts / 8);
  // Samples are transformed four at a time, kernels eight.
  const transforms = 1 + channels / batch + channels / (4 * octets);
  const stages = lengths.reduce((cost, length) => cost + costOf(length), 0);
  const transformed = sizeOf(lengths) * (24 * channels + 16 * stages * transforms);
  const direct = sizeOf(grid) * (4 * sizeOf(size) * channels + 12);
  return transformed < 0.9 * direct ? lengths : undefined;
}

/** Plans by length, made once and kept in wasm memory. */
export function transformPlans(kernels: Kernels): (length: number) => number {
  const made = new Map<number, Allocation>();
  return (length) => {
    const found = made.get(length) ?? makePlan(kernels, length);
    made.set(length, found);
    return found.address;
  };
}

function makePlan(kernels: Kernels, length: number): Allocation {
  const stages = stagesOf(length) ?? [];
  const tables = stages.reduce((floats, radix) => floats + (length / radix) * 2 * (radix - 1) + radix * radix, 0);
  const memory = kernels.allocate(4 * (header + 5 * stages.length + length * 4 + tables));
  const [words, floats] = [memory.words(), memory.floats()];
  let end = header + 5 * stages.length;
  const place = (values: readonly number[], to: Float32Array | Int32Array) => {
    to.set(values, end);
    end += values.length;
    return memory.address + 4 * (end - values.length);
  };
  const { inputs, results } = orders(length, stages);
  words.set([length, stages.length, place(inputs, words), place(results, words)]);
  let [left, done] = [length, 1];
  stages.forEach((radix, stage) => {
    const m = left / radix;
    const half = (radix - 1) / 2;
    const factors = range(m).flatMap((p) => range(radix - 1).flatMap((j) => turn((j + 1) * p, left)));
    const waves = range(half).flatMap((j) => range(half).flatMap((k) => turn((j + 1) * (k + 1), radix)));
    const plain = radix === 8 && (m === 1 || withoutFactors(stages));
    words.set([radix, m, done, plain ? 0 : place(factors, floats), place(waves, floats)], header + 5 * stage);
    left = m;
    done *= radix;
  });
  return memory;
}

/** Words before the stages of a plan. */
const header = 4;

function range(count: number): number[] {
  return Array.from({ length: Math.max(0, Math.floor(count)) }, (_, i) => i);
}

/** Where each input of a transform belongs, and where each of its results is. */
function orders(length: number, stages: readonly number[]): Readonly<Record<"inputs" | "results", number[]>> {
  if (!withoutFactors(stages)) return { inputs: range(length), results: range(length) };
  const [first, second] = stages;
  const inputs = new Array<number>(length);
  const results = new Array<number>(length);
  // With w = second k + first p the phase w n / length is that of k n over the first radix and of p n over the second.
  for (let p = 0; p < second; p++)
    for (let k = 0; k < first; k++) inputs[(second * k + first * p) % length] = p + second * k;
  for (let n = 0; n < length; n++) results[n] = (n % first) + first * (n % second);
  return { inputs, results };
}

/** `exp(2 pi i p / n)`, the angle reduced first. */
function turn(p: number, n: number): [number, number] {
  const angle = (2 * Math.PI * (p % n)) / n;
  return [Math.cos(angle), Math.sin(angle)];
}
