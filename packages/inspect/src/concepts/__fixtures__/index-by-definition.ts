/**
 * An index of concepts from the definitions alone, in float64 and plain loops, from the numbers of a model's parameters and of its codes: what
 * `indexConcepts` is compared with. Nothing here is fast, and nothing is shared with it.
 */
import { disposeCodes, toDense } from "@saeno/activations";
import type { ModelConfig, SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { ConceptLabel, Peak } from "../concept-index.ts";

/** A number by position on a grid. */
type Numbers = Float64Array;

export interface DefinedConcept {
  readonly concept: number;
  /** By sample. */
  readonly energies: readonly number[];
  readonly costs: readonly number[];
  /** The energies of the samples where it is active, rising. */
  readonly active: readonly number[];
  readonly label?: ConceptLabel;
  /** The mean energy by point. */
  readonly map: Numbers;
  readonly coactive: readonly { readonly concept: number; readonly count: number; readonly lift: number }[];
  readonly atom: DefinedAtom;
}

export interface DefinedAtom {
  readonly hoyer: number;
  readonly channels: readonly number[];
  readonly extent?: number;
  readonly bandwidth?: number;
  /** Energies of waves by their frequency, that of the largest first; of a wave and its mirror image together. */
  readonly waves?: readonly { readonly frequency: readonly number[]; readonly energy: number }[];
  readonly orientation?: number;
  readonly anisotropy?: number;
}

export interface Definition {
  readonly error: number;
  readonly power: number;
  readonly concepts: readonly DefinedConcept[];
  /** A map of a sample. */
  map(sample: number, concept: number): Numbers;
}

export async function indexByDefinition(model: SparseAutoencoder, dataset: Dataset): Promise<Definition> {
  const { size, grid, channels } = dataset;
  const values = await dataset.read(Int32Array.from({ length: size }, (_, i) => i));
  const synthesis = synthesisOf(model, grid);
  const points = product(grid);
  const codes = codesOf(model, values, [size, ...grid, channels]);
  const { conceptCount, codePoints, map } = codes;
  const all = range(size);
  const everyConcept = range(conceptCount);

  const errors: number[] = [];
  const costs = everyConcept.map((): number[] => []);
  let power = 0;
  for (const b of all) {
    const x = Float64Array.from(values.subarray(b * points * channels, (b + 1) * points * channels));
    const parts = everyConcept.map((k) => synthesis.contribution(k, map(b, k)));
    const output = (without: number) =>
      x.map((_, i) => parts.reduce((sum, part, k) => (k === without ? sum : sum + part[i]), synthesis.rest[i % channels]));
    const error = (without: number) => output(without).reduce((sum, value, i) => sum + (x[i] - value) ** 2, 0) / points;
    const whole = error(-1);
    errors.push(whole);
    power += squares(x) / points / size;
    // Decoded again without it: a difference of errors.
    for (const k of everyConcept) costs[k].push(parts[k].some((value) => value !== 0) ? error(k) - whole : 0);
  }
  const energies = everyConcept.map((k) => all.map((b) => squares(map(b, k)) / codePoints));
  const isActive = everyConcept.map((k) => all.map((b) => map(b, k).some((value) => value !== 0)));
  const counts = isActive.map((active) => active.filter(Boolean).length);

  const concepts = everyConcept.map((concept): DefinedConcept => {
    const label = labelOf(energies[concept], isActive[concept], dataset.labels?.values);
    const others = everyConcept.flatMap((other) => {
      const count = all.filter((b) => isActive[concept][b] && isActive[other][b]).length;
      const lift = (count * size) / (counts[concept] * counts[other]);
      return other !== concept && count > 0 && lift > 1 ? [{ concept: other, count, lift }] : [];
    });
    const beyondChance = ({ count, lift }: { count: number; lift: number }) => count * Math.log(lift);
    const mean = new Float64Array(codePoints);
    for (const b of all) map(b, concept).forEach((value, n) => void (mean[n] += value ** 2 / codePoints / size));
    return {
      concept,
      energies: energies[concept],
      costs: costs[concept],
      active: energies[concept].filter((_, b) => isActive[concept][b]).sort((a, b) => a - b),
      ...(label === undefined ? {} : { label }),
      map: mean,
      coactive: others.sort((a, b) => beyondChance(b) - beyondChance(a) || a.concept - b.concept),
      atom: atomOf(synthesis.atom(concept), synthesis.atomGrid, channels),
    };
  });
  return { error: errors.reduce((sum, error) => sum + error, 0) / size, power, concepts, map };
}

/** The largest magnitudes, one after another, of what is not next to one taken before. */
export function peaksOf(map: Numbers, grid: readonly number[], most: number): Peak[] {
  const peaks: Peak[] = [];
  const falling = range(map.length)
    .filter((position) => map[position] !== 0)
    .sort((a, b) => Math.abs(map[b]) - Math.abs(map[a]) || a - b);
  for (const position of falling) {
    const place = placeOf(position, grid);
    const isNear = peaks.some((peak) => {
      const other = placeOf(peak.position, grid);
      return grid.every((points, axis) => {
        const apart = Math.abs(place[axis] - other[axis]);
        return apart <= 1 || apart >= points - 1;
      });
    });
    if (!isNear && peaks.length < most) peaks.push({ position, value: map[position] });
  }
  return peaks;
}

/** On each axis the fewest points in a row, around the end, that hold 90 % of the energy: of each start, all lengths are tried. */
export function boxesOf(map: Numbers, grid: readonly number[]): readonly { readonly size: number; holds(from: number): boolean }[] {
  return grid.map((points, axis) => {
    const along = new Float64Array(points);
    map.forEach((value, position) => void (along[placeOf(position, grid)[axis]] += value ** 2));
    const wanted = 0.9 * along.reduce((sum, value) => sum + value, 0);
    const held = (from: number, length: number) =>
      range(length).reduce((sum, i) => sum + along[(from + i) % points], 0) >= wanted * (1 - 1e-6);
    const size = range(points).find((length) => range(points).some((from) => held(from, length + 1))) ?? 0;
    return { size: size + 1, holds: (from) => held(from, size + 1) };
  });
}

export function centerOf(map: Numbers, grid: readonly number[]): { center: number; concentration: number }[] {
  return grid.map((points, axis) => {
    let [x, y, total] = [0, 0, 0];
    map.forEach((energy, position) => {
      const angle = (2 * Math.PI * placeOf(position, grid)[axis]) / points;
      x += energy * Math.cos(angle);
      y += energy * Math.sin(angle);
      total += energy;
    });
    return { center: (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1, concentration: Math.hypot(x, y) / total };
  });
}

/** The smallest share of some energies that holds 90 % of them. */
export function extentOf(energies: Numbers): number {
  const falling = [...energies].sort((a, b) => b - a);
  const wanted = 0.9 * falling.reduce((sum, value) => sum + value, 0) * (1 - 1e-9);
  let [held, count] = [0, 0];
  while (held < wanted) held += falling[count++];
  return count / energies.length;
}

function codesOf(model: SparseAutoencoder, values: Float32Array, shape: readonly number[]) {
  const dense = tidy(() => {
    const codes = model.encode(tensor(values, [...shape]));
    const all = toDense(codes);
    disposeCodes(codes);
    return all;
  });
  const z = Float64Array.from(dense.dataSync());
  dense.dispose();
  const { conceptCount } = model.dictionary;
  const codePoints = z.length / shape[0] / conceptCount;
  const map = (sample: number, concept: number) =>
    Float64Array.from({ length: codePoints }, (_, n) => z[(sample * codePoints + n) * conceptCount + concept]);
  return { conceptCount, codePoints, map };
}

interface Synthesis {
  /** `s P D_k z_k`, by point and channel. */
  contribution(concept: number, map: Numbers): Numbers;
  /** What a code of zeros gives, by channel. */
  readonly rest: Numbers;
  /** `s P d_k`, by point and channel. */
  atom(concept: number): Numbers;
  readonly atomGrid: readonly number[];
}

/** Specification: Dictionaries, Lifting, Encoders. */
function synthesisOf(model: SparseAutoencoder, grid: readonly number[]): Synthesis {
  const config = model.toConfig();
  const parameters = new Map(model.parameters().map(({ name, variable }) => [name, variable]));
  const numbers = (name: string) => Float64Array.from(parameters.get(name)?.dataSync() ?? []);
  const dictionary = dictionaryOf(config, numbers, grid);
  const lift = numbers("lifting.lift");
  const project = parameters.has("lifting.project") ? numbers("lifting.project") : undefined;
  const { channels: inner } = dictionary;
  const outer = lift.length === 0 ? inner : lift.length / inner;
  const scale = parameters.has("input.scale") ? numbers("input.scale") : new Float64Array(outer).fill(1);
  const mean = parameters.has("input.mean") ? numbers("input.mean") : new Float64Array(outer);
  const bias = numbers("decoder.bias");
  /** P is `[C, C_l]`, or the transpose of L, `[C_l, C]`. */
  const entry = (c: number, l: number) => (project === undefined ? lift[l * outer + c] : project[c * inner + l]);
  const toData = (functions: Numbers) =>
    Float64Array.from({ length: (functions.length / inner) * outer }, (_, i) => {
      const [n, c] = [Math.floor(i / outer), i % outer];
      if (lift.length === 0) return scale[c] * functions[i];
      return scale[c] * range(inner).reduce((sum, l) => sum + entry(c, l) * functions[n * inner + l], 0);
    });
  return {
    contribution: (concept, map) => toData(dictionary.synthesize(concept, map)),
    rest: bias.map((value, c) => value * scale[c] + mean[c]),
    atom: (concept) => toData(dictionary.atom(concept)),
    atomGrid: dictionary.atomGrid,
  };
}

interface PlainDictionary {
  readonly channels: number;
  readonly atomGrid: readonly number[];
  atom(concept: number): Numbers;
  synthesize(concept: number, map: Numbers): Numbers;
}

function dictionaryOf({ dictionary }: ModelConfig, numbers: (name: string) => Numbers, grid: readonly number[]): PlainDictionary {
  const points = product(grid);
  const sizes = (name: string) => v.parse(v.array(v.number()), dictionary[name]);
  if (dictionary.kind === "dense") {
    const channels = Number(dictionary.inputs);
    const atoms = numbers("dictionary.atoms");
    const atom = (k: number) => atoms.subarray(k * channels, (k + 1) * channels);
    return { channels, atomGrid: [], atom, synthesize: (k, [z]) => atom(k).map((value) => value * z) };
  }
  const channels = Number(dictionary.channels);
  if (dictionary.kind === "conv") {
    const kernel = sizes("kernel");
    const taps = product(kernel);
    const kernels = numbers("dictionary.kernels");
    /** An entry puts a kernel, whose middle is its origin, where it is. */
    const put = (k: number, from: readonly number[], z: number, result: Numbers, isCut: boolean) => {
      for (const j of range(taps)) {
        const place = placeOf(j, kernel).map((offset, axis) => from[axis] + offset - (kernel[axis] - 1) / 2);
        if (isCut && place.some((at, axis) => at < 0 || at >= grid[axis])) continue;
        const to = place.reduce((flat, at, axis) => flat * grid[axis] + ((at + grid[axis]) % grid[axis]), 0);
        for (const c of range(channels)) result[to * channels + c] += z * kernels[(k * taps + j) * channels + c];
      }
      return result;
    };
    const nothing = () => new Float64Array(points * channels);
    return {
      channels,
      atomGrid: grid,
      atom: (k) => put(k, placeOf(0, grid), 1, nothing(), false),
      synthesize(k, map) {
        const result = nothing();
        for (const [n, z] of map.entries()) if (z !== 0) put(k, placeOf(n, grid), z, result, dictionary.padding === "zero");
        return result;
      },
    };
  }
  const modes = sizes("modes");
  const spectrum = fullSpectrum(numbers("dictionary.theta"), modes, channels, grid);
  const fromSpectrum = (k: number, ofMap: (frequency: readonly number[]) => readonly [number, number]) => {
    const result = new Float64Array(points * channels);
    for (const { frequency, coefficient } of spectrum) {
      const [zRe, zIm] = ofMap(frequency);
      const { cos, sin } = waveOf(frequency, grid);
      for (const c of range(channels)) {
        const [re, im] = coefficient(k, c);
        for (const n of range(points)) {
          result[n * channels + c] += (re * zRe - im * zIm) * cos[n] - (re * zIm + im * zRe) * sin[n];
        }
      }
    }
    return result;
  };
  return {
    channels,
    atomGrid: grid,
    atom: (k) => fromSpectrum(k, () => [1, 0]),
    synthesize: (k, map) => fromSpectrum(k, (frequency) => analyzed(map, frequency, grid)),
  };
}

/** All frequencies of both signs that a grid holds, and `D_kc(w)`: `theta` over `sqrt(c(w))`, on the symmetry of real functions. */
function fullSpectrum(theta: Numbers, modes: readonly number[], channels: number, grid: readonly number[]) {
  const last = modes.length - 1;
  const stored = modes.map((count, axis) => (axis === last ? count : 2 * count - 1));
  const half = product(stored);
  const at = (k: number, part: number, c: number, frequency: readonly number[]) => {
    const flat = frequency.reduce((sum, w, axis) => sum * stored[axis] + (axis === last ? w : w + modes[axis] - 1), 0);
    return theta[((k * 2 + part) * channels + c) * half + flat] / Math.sqrt(frequency[last] === 0 ? 1 : 2);
  };
  const signed = modes.map((count) => 2 * count - 1);
  return range(product(signed))
    .map((flat) => placeOf(flat, signed).map((place, axis) => place - modes[axis] + 1))
    .filter((frequency) => frequency.every((w, axis) => Math.abs(w) < Math.floor((grid[axis] + 1) / 2)))
    .map((frequency) => ({
      frequency,
      coefficient(k: number, c: number): readonly [number, number] {
        const mirrored = frequency.map((w) => -w);
        if (frequency[last] > 0) return [at(k, 0, c, frequency), at(k, 1, c, frequency)];
        if (frequency[last] < 0) return [at(k, 0, c, mirrored), -at(k, 1, c, mirrored)];
        return [
          (at(k, 0, c, frequency) + at(k, 0, c, mirrored)) / 2,
          (at(k, 1, c, frequency) - at(k, 1, c, mirrored)) / 2,
        ];
      },
    }));
}

/** `x^(w) = (1 / |N|) sum_n x[n] exp(-2 pi i <w, n / N>)`, of one channel. */
function analyzed(values: Numbers, frequency: readonly number[], grid: readonly number[]): readonly [number, number] {
  const { cos, sin } = waveOf(frequency, grid);
  let [re, im] = [0, 0];
  for (const [n, value] of values.entries()) {
    re += value * cos[n];
    im -= value * sin[n];
  }
  return [re / values.length, im / values.length];
}

const waves = new Map<string, { readonly cos: Numbers; readonly sin: Numbers }>();

/** Worked out once: `2 pi <w, n / N>` of every point. */
function waveOf(frequency: readonly number[], grid: readonly number[]) {
  const key = `${frequency.join()} on ${grid.join()}`;
  const angles = () =>
    Float64Array.from(range(product(grid)), (n) =>
      placeOf(n, grid).reduce((sum, place, axis) => sum + (2 * Math.PI * frequency[axis] * place) / grid[axis], 0),
    );
  const known = waves.get(key) ?? { cos: angles().map(Math.cos), sin: angles().map(Math.sin) };
  waves.set(key, known);
  return known;
}

function atomOf(atom: Numbers, grid: readonly number[], channels: number): DefinedAtom {
  const absolute = atom.reduce((sum, value) => sum + Math.abs(value), 0);
  const root = Math.sqrt(atom.length);
  const energy = squares(atom);
  const own = range(channels).map((c) => squares(atom.filter((_, i) => i % channels === c)) / energy);
  const about = { hoyer: (root - absolute / Math.sqrt(energy)) / (root - 1), channels: own };
  if (grid.length === 0) return about;
  const points = product(grid);
  const byPoint = Float64Array.from({ length: points }, (_, n) => squares(atom.subarray(n * channels, (n + 1) * channels)));
  const signed = grid.map((size) => 2 * Math.floor((size + 1) / 2) - 1);
  const spectrum = range(product(signed)).map((flat) => {
    const frequency = placeOf(flat, signed).map((place, axis) => place - (signed[axis] - 1) / 2);
    const coefficients = range(channels).map((c) => analyzed(atom.filter((_, i) => i % channels === c), frequency, grid));
    return { frequency, energy: coefficients.reduce((sum, [re, im]) => sum + re ** 2 + im ** 2, 0) };
  });
  const isMirrored = (frequency: readonly number[]) => (frequency.findLast((w) => w !== 0) ?? 0) < 0;
  const waves = spectrum
    .filter(({ frequency }) => !isMirrored(frequency))
    .map((wave) => ({ ...wave, energy: wave.frequency.some((w) => w !== 0) ? 2 * wave.energy : wave.energy }))
    .sort((a, b) => b.energy - a.energy);
  let [xx, yy, xy] = [0, 0, 0];
  for (const { frequency, energy: each } of spectrum) {
    const [y, x] = frequency;
    xx += each * x * x;
    yy += each * y * y;
    xy += each * x * y;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  return {
    ...about,
    extent: extentOf(byPoint),
    // Of the stored frequencies, of both signs on all axes but the last.
    bandwidth: extentOf(Float64Array.from(spectrum.filter(({ frequency }) => (frequency.at(-1) ?? 0) >= 0), (each) => each.energy)),
    waves,
    ...(grid.length === 2
      ? { orientation: (angle + Math.PI) % Math.PI, anisotropy: Math.hypot(xx - yy, 2 * xy) / (xx + yy) }
      : {}),
  };
}

/** By all pairs of samples, and all pairs of label and activity. */
function labelOf(
  energies: readonly number[],
  isActive: readonly boolean[],
  labels: ArrayLike<number> | undefined,
): ConceptLabel | undefined {
  if (labels === undefined || !isActive.includes(true)) return undefined;
  const all = range(energies.length);
  const classes = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const auc = (label: number) => {
    let [wins, pairs] = [0, 0];
    for (const a of all.filter((b) => labels[b] === label)) {
      for (const b of all.filter((other) => labels[other] !== label)) {
        wins += energies[a] > energies[b] ? 1 : energies[a] === energies[b] ? 0.5 : 0;
        pairs++;
      }
    }
    return wins / pairs;
  };
  const aucs = classes.map(auc);
  const best = aucs.indexOf(Math.max(...aucs));
  const share = (holds: (b: number) => boolean) => all.filter(holds).length / all.length;
  let information = 0;
  for (const label of classes) {
    for (const active of [true, false]) {
      const both = share((b) => labels[b] === label && isActive[b] === active);
      const chance = share((b) => labels[b] === label) * share((b) => isActive[b] === active);
      if (both > 0) information += both * Math.log2(both / chance);
    }
  }
  return { label: classes[best], auc: aucs[best], information };
}

/** A flat position on each axis. */
export function placeOf(position: number, grid: readonly number[]): number[] {
  return grid.map((points, axis) => Math.floor(position / product(grid.slice(axis + 1))) % points);
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

function squares(values: Numbers): number {
  return values.reduce((sum, value) => sum + value ** 2, 0);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
