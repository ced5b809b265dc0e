import type { Codes, DenseCodes, SparseCodes } from "@saeno/activations";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import { type Tensor2D, type Tensor3D, tensor } from "@tensorflow/tfjs-core";

/**
 * The nonzero codes of any number of samples in host memory, in three levels: a sample has maps, and a map has the entries of one concept. Scalar codes are
 * maps of one entry, at position 0.
 */
export interface CodeTable {
  /** `[]` for scalar codes. */
  readonly grid: Grid;
  readonly conceptCount: number;
  /** The first map of each sample, and how many there are in all: one more than samples. */
  readonly samples: Int32Array;
  /** The concept of each map; ascending within a sample. */
  readonly concepts: Int32Array;
  /** The first entry of each map, and how many there are in all: one more than maps. */
  readonly maps: Int32Array;
  /** Of each entry: flat and row-major on the grid; ascending within a map. */
  readonly positions: Int32Array;
  /** Of each entry, not zero. */
  readonly values: Float32Array;
}

/** A table that is written from its beginning to its end. */
export interface CodeTableWriter {
  /** Ends one sample and begins the next. */
  nextSample(): void;
  /** Begins a map of this sample; empty ones are left out. */
  nextMap(concept: number): void;
  /** An entry of this map; zeros are left out. */
  entry(position: number, value: number): void;
  /** All samples of a table of the same form. */
  append(table: CodeTable): void;
  table(): CodeTable;
}

/** Memory grows with what is written. Call `nextSample` after each sample. */
export function codeTableWriter(grid: Grid, conceptCount: number): CodeTableWriter {
  const samples = new Growing((size) => new Int32Array(size));
  const concepts = new Growing((size) => new Int32Array(size));
  const maps = new Growing((size) => new Int32Array(size));
  const positions = new Growing((size) => new Int32Array(size));
  const values = new Growing((size) => new Float32Array(size));
  samples.push(0);
  let pending = -1;
  const writer: CodeTableWriter = {
    append(other) {
      for (let sample = 0; sample < sampleCount(other); sample++) {
        for (let map = other.samples[sample]; map < other.samples[sample + 1]; map++) {
          writer.nextMap(other.concepts[map]);
          for (let i = other.maps[map]; i < other.maps[map + 1]; i++) writer.entry(other.positions[i], other.values[i]);
        }
        writer.nextSample();
      }
    },
    nextSample: () => samples.push(concepts.length),
    nextMap(concept) {
      pending = concept;
    },
    entry(position, value) {
      if (value === 0) return;
      if (pending >= 0) {
        concepts.push(pending);
        maps.push(positions.length);
        pending = -1;
      }
      positions.push(position);
      values.push(value);
    },
    table() {
      maps.push(positions.length);
      return {
        grid,
        conceptCount,
        samples: samples.values(),
        concepts: concepts.values(),
        maps: maps.values(),
        positions: positions.values(),
        values: values.values(),
      };
    },
  };
  return writer;
}

/** A typed array that grows by doubling. */
class Growing<Numbers extends Int32Array | Float32Array> {
  length = 0;
  #numbers: Numbers;
  readonly #make: (size: number) => Numbers;

  constructor(make: (size: number) => Numbers) {
    this.#make = make;
    this.#numbers = make(256);
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const larger = this.#make(2 * this.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = value;
  }

  values(): Numbers {
    return this.#numbers.slice(0, this.length) as Numbers;
  }
}

/** Reads codes from the device. They stay the caller's, and may be disposed of as soon as the call has returned. */
export async function readCodes(codes: Codes): Promise<CodeTable> {
  return codes.kind === "sparse" ? readSparse(codes) : readDense(codes);
}

async function readSparse(codes: SparseCodes): Promise<CodeTable> {
  const [batch, chosen, kept] = codes.values.shape;
  const [concepts, positions, values] = await Promise.all([
    codes.concepts.data<"int32">(),
    codes.positions.data<"int32">(),
    codes.values.data<"float32">(),
  ]);
  const writer = codeTableWriter(codes.grid, codes.conceptCount);
  for (let sample = 0; sample < batch; sample++) {
    for (let map = sample * chosen; map < (sample + 1) * chosen; map++) {
      writer.nextMap(concepts[map]);
      for (let i = map * kept; i < (map + 1) * kept; i++) writer.entry(positions[i], values[i]);
    }
    writer.nextSample();
  }
  return writer.table();
}

async function readDense({ values: tensorOfCodes }: DenseCodes): Promise<CodeTable> {
  const { shape } = tensorOfCodes;
  return denseTable(await tensorOfCodes.data<"float32">(), shape);
}

/** The table of dense codes `[B, ...N, K]`. */
export function denseTable(values: Float32Array, shape: readonly number[]): CodeTable {
  const [grid, conceptCount] = [shape.slice(1, -1), shape[shape.length - 1]];
  const points = sizeOf(grid);
  const writer = codeTableWriter(grid, conceptCount);
  const counts = new Int32Array(conceptCount);
  for (let sample = 0; sample < shape[0]; sample++) {
    const [begin, end] = [sample * points * conceptCount, (sample + 1) * points * conceptCount];
    // In the order of memory first: most concepts have nothing.
    counts.fill(0);
    for (let i = begin, concept = 0; i < end; i++) {
      if (values[i] !== 0) counts[concept] += 1;
      if (++concept === conceptCount) concept = 0;
    }
    for (let concept = 0; concept < conceptCount; concept++) {
      if (counts[concept] === 0) continue;
      writer.nextMap(concept);
      for (let position = 0, i = begin + concept; position < points; position++, i += conceptCount) {
        writer.entry(position, values[i]);
      }
    }
    writer.nextSample();
  }
  return writer.table();
}

/** How many samples a table has. */
export function sampleCount(table: CodeTable): number {
  return table.samples.length - 1;
}

/**
 * Codes of some samples of a table on the device, sparse: as many maps as the fullest sample has, as many entries as the fullest map. The caller
 * disposes of them.
 *
 * @param chosen which samples; default all.
 * @throws SaenoError `codes.samples` for samples that are not in the table.
 */
export function sparseCodes(table: CodeTable, chosen: readonly number[] = allSamples(table)): SparseCodes {
  checkSamples(table, chosen);
  const { samples, concepts, maps, positions, values, grid, conceptCount } = table;
  let [most, kept] = [1, 1];
  for (const sample of chosen) {
    most = Math.max(most, samples[sample + 1] - samples[sample]);
    for (let map = samples[sample]; map < samples[sample + 1]; map++) kept = Math.max(kept, maps[map + 1] - maps[map]);
  }
  const shape: [number, number, number] = [chosen.length, most, kept];
  const ofMaps = new Int32Array(chosen.length * most);
  const [where, numbers] = [new Int32Array(sizeOf(shape)), new Float32Array(sizeOf(shape))];
  chosen.forEach((sample, row) => {
    const [from, to] = [samples[sample], samples[sample + 1]];
    let at = row * most;
    let map = from;
    // Concepts of a sample are different and ascending: what is filled up are the lowest that have no map.
    let missing = most - (to - from);
    for (let concept = 0; at < (row + 1) * most; concept++) {
      const isThere = map < to && concepts[map] === concept;
      if (!isThere && missing > 0) {
        ofMaps[at++] = concept;
        missing--;
        continue;
      }
      if (!isThere && map < to) concept = concepts[map];
      ofMaps[at] = concept;
      // One by one: most maps have few entries.
      for (let i = maps[map], to = at * kept; i < maps[map + 1]; i++, to++) {
        where[to] = positions[i];
        numbers[to] = values[i];
      }
      at++;
      map++;
    }
  });
  return {
    kind: "sparse",
    concepts: tensor(ofMaps, [chosen.length, most], "int32") as Tensor2D,
    positions: tensor(where, shape, "int32") as Tensor3D,
    values: tensor(numbers, shape) as Tensor3D,
    grid,
    conceptCount,
  };
}

/** The same, dense: `[B, ...N, K]`. */
export function denseCodes(table: CodeTable, chosen: readonly number[] = allSamples(table)): DenseCodes {
  checkSamples(table, chosen);
  const shape = [chosen.length, ...table.grid, table.conceptCount];
  return { kind: "dense", values: tensor(denseValues(table, chosen), shape) };
}

/** The values of dense codes `[B, ...N, K]`, row-major. */
export function denseValues(table: CodeTable, chosen: readonly number[] = allSamples(table)): Float32Array {
  const { samples, concepts, maps, positions, values, grid, conceptCount } = table;
  const points = sizeOf(grid);
  const all = new Float32Array(chosen.length * points * conceptCount);
  chosen.forEach((sample, row) => {
    for (let map = samples[sample]; map < samples[sample + 1]; map++) {
      for (let i = maps[map]; i < maps[map + 1]; i++) {
        all[(row * points + positions[i]) * conceptCount + concepts[map]] = values[i];
      }
    }
  });
  return all;
}

function allSamples(table: CodeTable): number[] {
  return Array.from({ length: sampleCount(table) }, (_, i) => i);
}

function checkSamples(table: CodeTable, chosen: readonly number[]): void {
  const size = sampleCount(table);
  const wrong = chosen.find((sample) => !Number.isInteger(sample) || sample < 0 || sample >= size);
  if (wrong === undefined && chosen.length > 0) return;
  const problem = wrong === undefined ? "no sample was named" : `sample ${wrong} is not among them`;
  throw new SaenoError("codes.samples", `These are codes of ${size} samples, 0 to ${size - 1}; ${problem}.`);
}
