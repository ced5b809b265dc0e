/**
 * How what concepts add to a reconstruction goes with what it leaves: `<r, d>` of every map, with `r = x - x_hat`, and `|r|^2` of every sample.
 * It is the correlation of the residual at the entries of the code. Where synthesis multiplies spectra, the spectra of the maps that decoding needs
 * give it too, which is half of the work: nothing is evaluated at points.
 */
import { type Codes, disposeCodes, type PreCodes } from "@saeno/activations";
import {
  analyzePoints,
  conjugateCounts,
  correlateChosen,
  decodeChosen,
  dotRows,
  type Grid,
  sizeOf,
  spectrumShape,
  truncatedAnalysis,
  truncatedSynthesis,
} from "@saeno/backend";
import { type Dictionary, isLifted, type SparseAutoencoder, type Spectra } from "@saeno/core";
import { fromRows, toRows } from "@saeno/fft";
import {
  add,
  expandDims,
  eye,
  matMul,
  mul,
  range,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor1d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { type CodeTable, denseCodes, sampleCount, sparseCodes } from "../codes/code-table.ts";

/** In the units of the data; inner products of functions are means over the grid. */
export interface Alignments {
  /** By map of the table, `<r, d>`. */
  readonly maps: Float64Array;
  /** By sample, `|r|^2`. */
  readonly errors: Float64Array;
}

/** Samples handled together, about, where some have many more concepts than others: little is filled up then. */
const groupSize = 32;
/** How many times as many maps a sample may have as the mean before samples are grouped. */
const unevenness = 1.3;
/** Above this share of all entries, codes are handled faster as one dense tensor. */
const densest = 0.25;

/** @param values the samples of a table of codes, `[B, ...N, C]` flat, of a shape `[...N, C]`. */
export async function alignments(
  aligner: Aligner,
  table: CodeTable,
  values: Float32Array,
  shape: readonly number[],
): Promise<Alignments> {
  const { samples, concepts } = table;
  const [points, functionPoints] = [sizeOf(table.grid), sizeOf(shape.slice(0, -1))];
  const maps = new Float64Array(concepts.length);
  const errors = new Float64Array(sampleCount(table));
  const groups = groupsOf(table).map((chosen) => ({ chosen, ...alignmentsOf(aligner, table, chosen, values, shape) }));
  try {
    for (const { chosen, error, aligned, columns } of groups) {
      const [squares, sums, named] = await Promise.all([
        error.data<"float32">(),
        aligned.data<"float32">(),
        columns?.data<"int32">(),
      ]);
      const width = aligned.size / chosen.length;
      chosen.forEach((sample, row) => {
        errors[sample] = squares[row] / functionPoints;
        let at = row * width;
        for (let map = samples[sample]; map < samples[sample + 1]; map++) {
          if (named === undefined) at = row * width + concepts[map];
          else while (named[at] !== concepts[map]) at++;
          maps[map] = sums[at] / points;
        }
      });
    }
  } finally {
    for (const { error, aligned, columns } of groups) {
      error.dispose();
      aligned.dispose();
      columns?.dispose();
    }
  }
  return { maps, errors };
}

/** All samples, or those of about as many maps together. */
function groupsOf(table: CodeTable): number[][] {
  const size = sampleCount(table);
  const mapCount = (sample: number) => table.samples[sample + 1] - table.samples[sample];
  const sorted = Array.from({ length: size }, (_, i) => i).sort((a, b) => mapCount(a) - mapCount(b));
  const even = mapCount(sorted[size - 1]) <= (unevenness * table.concepts.length) / size;
  const inGroup = even ? size : groupSize;
  return Array.from({ length: Math.ceil(size / inGroup) }, (_, i) => sorted.slice(i * inGroup, (i + 1) * inGroup));
}

/** How the samples of a group are aligned; everything in a `tidy` that owns the result. */
export interface Aligner {
  align(codes: Codes, x: Tensor): { readonly error: Tensor; readonly aligned: Tensor };
  dispose(): void;
}

interface GroupAlignments {
  /** A sum over the points and channels, `[B]`. */
  readonly error: Tensor;
  /** A sum over the grid of the codes, by the concepts that are named, or by all: `[B, k]`. */
  readonly aligned: Tensor;
  readonly columns?: Tensor;
}

function alignmentsOf(
  aligner: Aligner,
  table: CodeTable,
  chosen: readonly number[],
  values: Float32Array,
  shape: readonly number[],
): GroupAlignments {
  const size = sizeOf(shape);
  const some = new Float32Array(chosen.length * size);
  chosen.forEach((sample, row) => {
    some.set(values.subarray(sample * size, (sample + 1) * size), row * size);
  });
  const codes = compactCodes(table, chosen);
  try {
    const [error, aligned] = tidy(() => {
      const found = aligner.align(codes, tensor(some, [chosen.length, ...shape]));
      return [found.error, found.aligned] as const;
    });
    return { error, aligned, ...(codes.kind === "sparse" ? { columns: codes.concepts.clone() } : {}) };
  } finally {
    disposeCodes(codes);
  }
}

/** For any model: decoded, and correlated with what is left. */
export function correlatingAligner(model: SparseAutoencoder, grid: Grid): Aligner {
  const { dictionary, normalization } = model;
  return {
    align(codes, x) {
      const residual = sub(x, model.decode(codes, grid));
      const correlation = adjoint(
        dictionary,
        normalization === undefined ? residual : mul(residual, normalization.scale),
      );
      return { error: squaredRows(residual), aligned: alignedWith(correlation, codes, dictionary.conceptCount) };
    },
    dispose() {},
  };
}

function alignedWith(correlation: PreCodes, codes: Codes, conceptCount: number): Tensor {
  if (codes.kind === "sparse") return sum(mul(correlation.at(codes.concepts, codes.positions), codes.values), 2);
  const maps = [correlation.batch, -1, conceptCount];
  return sum(mul(reshape(correlation.dense(), maps), reshape(codes.values, maps)), 1);
}

/** For dictionaries that have spectra, all of which the grid holds: `<r, d> = sum_w c(w) <r^(w), D_k(w) z^_k(w)>`; nothing for others. */
export function spectralAligner(model: SparseAutoencoder, grid: Grid): Aligner | undefined {
  const { dictionary, decoderBias, normalization } = model;
  const spectra = effectiveSpectra(dictionary);
  if (spectra === undefined) return undefined;
  const { modes, re, im } = spectra;
  const { conceptCount, channels } = dictionary;
  const held = dictionary.bandLimit?.(grid) ?? modes;
  const [dRe, dIm, rest] = tidy(() => {
    const scaled = (part: Tensor) => {
      const rows = reshape(part, [conceptCount, channels, -1]);
      return normalization === undefined ? rows.clone() : mul(rows, reshape(normalization.scale, [channels, 1]));
    };
    const bias =
      normalization === undefined ? decoderBias : add(mul(decoderBias, normalization.scale), normalization.mean);
    return [scaled(re), scaled(im), bias.clone()];
  });
  re.dispose();
  im.dispose();
  const dispose = () => {
    for (const each of [dRe, dIm, rest]) each.dispose();
  };
  if (held.some((count, axis) => count !== modes[axis])) {
    dispose();
    return undefined;
  }
  const shape = spectrumShape(modes);
  const general = correlatingAligner(model, grid);
  return {
    align(codes, x) {
      if (codes.kind === "dense") return general.align(codes, x);
      const [batch, chosen, kept] = codes.values.shape;
      const points = {
        values: reshape(codes.values, [batch * chosen, kept]),
        positions: reshape(codes.positions, [batch * chosen, kept]),
      };
      const z = analyzePoints(points, { grid, modes });
      const maps = [batch, chosen, sizeOf(shape)];
      const [zRe, zIm] = [reshape(z.re, maps), reshape(z.im, maps)];
      const sums = decodeChosen({ zRe, zIm, dRe, dIm, concepts: codes.concepts }, {});
      const rows = [batch * channels, ...shape];
      const functions = truncatedSynthesis({ re: reshape(sums.re, rows), im: reshape(sums.im, rows) }, { grid });
      const residual = sub(x, add(fromRows(functions.x, channels), rest));
      const left = truncatedAnalysis({ x: toRows(residual) }, { modes });
      // Of the frequencies that stand for two.
      const weighted = (part: Tensor) =>
        reshape(mul(reshape(part, rows), tensor1d(conjugateCounts(modes))), [batch, channels, sizeOf(shape)]);
      const operands = { xRe: weighted(left.re), xIm: weighted(left.im), eRe: dRe, eIm: dIm };
      const found = correlateChosen({ ...operands, concepts: codes.concepts }, {});
      const each = expandDims(range(0, batch * chosen, 1, "int32"), 1);
      const products = (part: Tensor, ofCodes: Tensor) => {
        const spectra = [batch * chosen, sizeOf(shape)];
        return dotRows({ x: reshape(part, spectra), concepts: each, atoms: reshape(ofCodes, spectra) }, {}).values;
      };
      // A mean over the grid, where others are sums.
      const aligned = mul(add(products(found.re, zRe), products(found.im, zIm)), sizeOf(grid));
      return { error: squaredRows(residual), aligned: reshape(aligned, [batch, chosen]) };
    },
    dispose,
  };
}

/** The coefficients of the atoms in the space of the data, of lifted ones those of `P D_l`: parts `[K, C, ...M]`. The caller disposes of both. */
function effectiveSpectra(dictionary: Dictionary): Spectra | undefined {
  if (!isLifted(dictionary)) return dictionary.spectra?.();
  const { lifted, lifting } = dictionary;
  const spectra = lifted.spectra?.();
  if (spectra === undefined) return undefined;
  const { modes, re, im } = spectra;
  // Channels are the second axis of a spectrum, and the last of what is projected.
  const axes = [...re.shape.keys()];
  const [last, back] = [
    [0, ...axes.slice(2), 1],
    [0, re.rank - 1, ...axes.slice(1, -1)],
  ];
  const project = (part: Tensor) => tidy(() => transpose(lifting.project(transpose(part, last)), back));
  const projected = { modes, re: project(re), im: project(im) };
  re.dispose();
  im.dispose();
  return projected;
}

/** The sum of the squares of each sample, `[B]`. */
function squaredRows(x: Tensor): Tensor {
  return sum(reshape(square(x), [x.shape[0], -1]), 1);
}

/** The codes of some samples, sparse unless that would be most of the tensor. */
function compactCodes(table: CodeTable, chosen: readonly number[]): Codes {
  const { samples, maps, conceptCount, grid } = table;
  let [most, kept] = [1, 1];
  for (const sample of chosen) {
    most = Math.max(most, samples[sample + 1] - samples[sample]);
    for (let map = samples[sample]; map < samples[sample + 1]; map++) kept = Math.max(kept, maps[map + 1] - maps[map]);
  }
  const isDense = grid.length > 0 && most * kept > densest * conceptCount * sizeOf(grid);
  return isDense ? denseCodes(table, chosen) : sparseCodes(table, chosen);
}

/**
 * The adjoint of what a dictionary synthesizes, applied to functions of the data. A lifted dictionary correlates with `D_l* L`, which is its
 * adjoint only where `P = L^T`; the adjoint is `D_l* P^T`. Run inside a `tidy`.
 */
export function adjoint(dictionary: Dictionary, y: Tensor): PreCodes {
  if (!isLifted(dictionary)) return dictionary.preCodes(y);
  const { lifting, lifted } = dictionary;
  const transposed = lifting.project(eye(lifting.lifted)) as Tensor2D;
  const rows = reshape(y, [-1, lifting.channels]) as Tensor2D;
  return lifted.preCodes(reshape(matMul(rows, transposed, false, true), [...y.shape.slice(0, -1), lifting.lifted]));
}
