import { type Codes, type EnergyOptions, type PreCodes, type SparseCodes, samplesOf } from "@saeno/activations";
import {
  analyzeFunctions,
  analyzePoints,
  centeredBias,
  correlateChosen,
  createRandom,
  detach,
  encodeTheta,
  type Grid,
  type Modes,
  oneOf,
  option,
  perAxis,
  positiveInteger,
  projectOnRealFunctions,
  type Random,
  reconstructTheta,
  SaenoError,
  samplePoints,
  sizeOf,
  spectralLocality,
  spectralMatMul,
  spectralWeights,
  spectrumShape,
  synthesizeFunctions,
  thetaEnergies,
  tidied,
  truncatedAnalysis,
  truncatedSynthesis,
  unrolledMaps,
} from "@saeno/backend";
import { allModes, checkModes, fromRows, toRows } from "@saeno/fft";
import {
  add,
  expandDims,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import * as v from "valibot";
import type { Dictionary } from "./dictionary.ts";
import { type DictionaryComponent, defineDictionary, fromData, isRandom, sizesOnGrid } from "./dictionary-component.ts";
import { biasAt, rowsAt, squaredRowNorms, unitRows } from "./rows.ts";
import { factored, factoredSpectra, projected, type SpectralAtoms, thetaOf, wholeSpectra } from "./spectral-atoms.ts";
import { withOrigin } from "./with-origin.ts";

/** More modes than this are not kept on an axis unless they are asked for: they cost time, and data seldom has so much detail. */
const usualModes = 32;

export const fourierComponent: DictionaryComponent = defineDictionary({
  kind: "fourier",
  alias: "fno",
  label: "SAE-FNO",
  domain: "functions",
  codes: "maps",
  summary: "concepts are spectra, the same on every grid",
  schema: v.strictObject({
    concepts: v.optional(option(positiveInteger, "concepts in the dictionary"), 64),
    modes: v.exactOptional(
      option(perAxis, "frequencies kept on each axis", {
        default: `what the grid holds, at most ${usualModes} unless concepts start at known ones`,
      }),
    ),
    start: v.optional(
      option(
        oneOf("localized", "random", "global"),
        "how concepts start: in one place, the same for every seed; in one place, drawn by the seed; or everywhere, drawn by the seed",
      ),
      "localized",
    ),
    rank: v.exactOptional(
      option(
        positiveInteger,
        "functions in a concept, each on a pattern of channels; for hundreds of channels: K R (C + 2 |M|) weights instead of 2 K C |M|",
        { default: "a function for each channel" },
      ),
    ),
    channels: v.exactOptional(option(positiveInteger, "channels of a sample", { hidden: true })),
  }),
  create({ modes, channels, ...options }, { random, grid, truthful = false, ...data }) {
    const most = truthful ? Number.POSITIVE_INFINITY : usualModes;
    const held = () => allModes(fromData("modes", grid)).map((count) => Math.min(count, most));
    return fourierDictionary(
      {
        ...options,
        channels: fromData("channels", channels ?? data.channels),
        modes: modes === undefined ? held() : sizesOnGrid("modes", modes, grid),
      },
      random,
    );
  },
  shapes({ concepts, modes, channels, rank }) {
    if (channels === undefined || !Array.isArray(modes)) return {};
    const spectra = (count: number) => [concepts, 2, count, ...spectrumShape(modes)];
    return rank === undefined
      ? { theta: spectra(channels) }
      : { profiles: spectra(rank), mixes: [concepts, rank, channels] };
  },
});

/**
 * How the atoms of a fourier dictionary start (specification: Dictionaries): as windowed noise in one place, the same for every seed (`localized`) or drawn
 * (`random`), or as noise everywhere (`global`). Many sets of concepts explain data equally well, and the start decides among them: from the same start,
 * runs of different seeds find the same concepts.
 */
export type FourierStart = "localized" | "random" | "global";

export interface FourierDictionaryOptions {
  readonly channels: number;
  readonly concepts: number;
  /** Non-negative frequencies kept on each axis; training needs grids of `N_j >= 2 m_j - 1` points. */
  readonly modes: Modes;
  /** Default `localized`, which trains far better. */
  readonly start?: FourierStart;
  /** R, to make atoms of factors (below); at most C. Default: no factors. */
  readonly rank?: number;
}

/**
 * The dictionary of SAE-FNO (specification: Dictionaries): concept k is a spectrum `D_k(w)` in C^C over the kept frequencies, the same on every grid.
 * `x^_c(w) = sum_k D_kc(w) z^_k(w)`; `z^_k(w) = sum_c conj(D_kc(w)) x^_c(w)`.
 * On a grid too coarse for all of them, frequencies that it cannot hold are left out of samples and atoms alike.
 * Samples `[B, ...N, C]`, codes `[B, ...N, K]`. Parameter `theta [K, 2, C, 2m_1-1, .., m_d]` (real parts, imaginary parts),
 * `theta(w) = sqrt(c(w)) D(w)`: its Euclidean norm is the L2 norm of the atom. With a rank R
 * `theta_kc(w) = sum_r profiles_kr(w) mixes_krc`, parameters `profiles [K, 2, R, 2m_1-1, .., m_d]` and `mixes [K, R, C]`.
 *
 * @param start a source of random numbers; or theta, whose nearest of the rank is taken.
 * @throws SaenoError `dictionary.rank` for a rank that is not an integer of 1 to C; `fft.modes` unless modes are positive integers on one to three axes.
 */
export function fourierDictionary(options: FourierDictionaryOptions, start: Random | Tensor): Dictionary {
  const { channels, modes, rank } = options;
  checkModes(
    modes,
    modes.map((m) => 2 * m - 1),
  );
  if (rank !== undefined && !(Number.isInteger(rank) && rank >= 1 && rank <= channels)) {
    throw new SaenoError(
      "dictionary.rank",
      `rank must be an integer of 1 to ${channels}, the number of channels; got ${rank}.`,
    );
  }
  const atoms = tidied(() => (isRandom(start) ? initialAtoms(options, start) : atomsOf(start, options)));
  return dictionaryOf(atoms, options);
}

function dictionaryOf(spectra: SpectralAtoms, options: FourierDictionaryOptions): Dictionary {
  const { channels, concepts, modes, rank, start: form = "localized" } = options;
  const shape = spectrumShape(modes);
  const { theta } = spectra;

  /** The modes that are there on a grid: all, or those that a coarser grid holds. */
  function modesOn(grid: Grid): Modes {
    if (grid.length !== modes.length) checkModes(modes, grid);
    const held = allModes(grid);
    return modes.map((count, axis) => Math.min(count, held[axis]));
  }

  /** The parameter, `[K, 2, C, ...kept]`: the frequencies that are there on a grid. */
  function thetaOn(kept: Modes): Tensor {
    if (kept.every((count, axis) => count === modes[axis])) return theta();
    // Frequencies ascend, on all axes but the last from the negative ones on.
    const begin = modes.map((count, axis) => (axis === modes.length - 1 ? 0 : count - kept[axis]));
    const rows = reshape(theta(), [concepts * 2 * channels, ...shape]);
    const cut = slice(rows, [0, ...begin], [rows.shape[0], ...spectrumShape(kept)]);
    return reshape(cut, [concepts, 2, channels, ...spectrumShape(kept)]);
  }

  /** The coefficients `[K, C, M]` of the atoms, of the frequencies that are there on a grid. */
  function weightsOn(kept: Modes): Parts {
    return spectralWeights({ theta: thetaOn(kept) }, { modes: kept });
  }

  /** x `[B, ...N, C]` to its spectrum `[B, C, M]`. */
  function spectrumOf(x: Tensor, kept: Modes): Parts {
    const flat = [x.shape[0], x.shape[x.rank - 1], sizeOf(spectrumShape(kept))];
    const { re, im } = truncatedAnalysis({ x: toRows(x) }, { modes: kept });
    return { re: reshape(re, flat), im: reshape(im, flat) };
  }

  /** Spectra `[B, n, M]` to functions `[B, ...grid, n]`. */
  function functionsOf({ re, im }: Parts, grid: Grid): Tensor {
    const [batch, count] = re.shape as [number, number];
    const rows = [batch * count, ...spectrumShape(modesOn(grid))];
    return fromRows(truncatedSynthesis({ re: reshape(re, rows), im: reshape(im, rows) }, { grid }).x, count);
  }

  /** `D* x` on a grid from the weights and the spectrum of x. */
  function correlation(e: Parts, s: Parts, grid: Grid): Tensor {
    return functionsOf(spectralMatMul({ aRe: s.re, aIm: s.im, bRe: e.re, bIm: e.im }, { adjoint: "b" }), grid);
  }

  function correlate(x: Tensor): Tensor {
    const grid = x.shape.slice(1, -1);
    const kept = modesOn(grid);
    return tidy(() => correlation(weightsOn(kept), spectrumOf(x, kept), grid));
  }

  function preCodes(x: Tensor, offset?: Tensor1D): PreCodes {
    const bias = offset ?? (zeros([concepts]) as Tensor1D);
    const grid = x.shape.slice(1, -1);
    const kept = modesOn(grid);
    return preCodesOf(thetaOn(kept), spectrumOf(x, kept), bias, grid);
  }

  /** Only the frequency 0 knows of a center, and all its gradient needs is that of the biases. */
  function centeredPreCodes(x: Tensor, center: Tensor, offset: Tensor1D): PreCodes {
    const grid = x.shape.slice(1, -1);
    const kept = modesOn(grid);
    const atoms = thetaOn(kept);
    const s = analyzeFunctions({ x, center: detach(center) }, { modes: kept });
    const { centered } = centeredBias({ bias: offset, center, theta: detach(atoms) }, {});
    return preCodesOf(atoms, s, centered as Tensor1D, grid);
  }

  /** Pre-codes from the parameter of atoms, all or some, and the spectrum of x. */
  function preCodesOf(atoms: Tensor, s: Parts, bias: Tensor1D, grid: Grid): PreCodes {
    const kept = modesOn(grid);
    const batch = s.re.shape[0];
    const [keptShape, frequencies] = [spectrumShape(kept), sizeOf(spectrumShape(kept))];
    const operands = { xRe: s.re, xIm: s.im, theta: atoms };
    const weights = () => spectralWeights({ theta: atoms }, { modes: kept });
    const correlated = (chosen: Tensor2D) => {
      const e = weights();
      return correlateChosen({ xRe: s.re, xIm: s.im, eRe: e.re, eIm: e.im, concepts: chosen }, {});
    };
    return {
      batch,
      grid,
      conceptCount: atoms.shape[0],
      resolution: modes.map((m) => 2 * m - 1),
      energies({ kind, energyGrid, count }: EnergyOptions) {
        const coarse = grid.map((points, axis) =>
          energyGrid === "data" || kind === "kept" ? points : Math.min(Math.ceil(energyGrid * kept[axis]), points),
        );
        const attributes = { kind, modes: kept, grid: coarse, ...(count === undefined ? {} : { count }) };
        return thetaEnergies({ ...operands, bias }, attributes).energies as Tensor2D;
      },
      select(chosen) {
        const { re, im } = correlated(chosen);
        const rows = [batch * chosen.shape[1], ...keptShape];
        const { x: maps } = truncatedSynthesis({ re: reshape(re, rows), im: reshape(im, rows) }, { grid });
        const selected = [batch, chosen.shape[1], sizeOf(grid)] as [number, number, number];
        return add(reshape(maps, selected), expandDims(biasAt(bias, chosen), 2)) as Tensor3D;
      },
      at(chosen, positions) {
        const { re, im } = correlated(chosen);
        const rows = [batch * chosen.shape[1], frequencies];
        const points = reshape(positions, [batch * chosen.shape[1], -1]);
        const { values } = samplePoints(
          { re: reshape(re, rows), im: reshape(im, rows), positions: points },
          { grid, modes: kept },
        );
        return add(reshape(values, positions.shape), expandDims(biasAt(bias, chosen), 2)) as Tensor3D;
      },
      points(chosen, count, separation) {
        const { values, positions } = encodeTheta(
          { ...operands, bias, concepts: chosen },
          { grid, modes: kept, count, ...(separation === undefined ? {} : { separation }) },
        );
        return { values: values as Tensor3D, positions: positions as Tensor3D };
      },
      among(some, samples) {
        const spectrum = { re: samplesOf(s.re, samples), im: samplesOf(s.im, samples) };
        return preCodesOf(rowsAt(atoms, some), spectrum, rowsAt(bias, some), grid);
      },
      dense: () => add(correlation(weights(), s, grid), bias),
    };
  }

  /** `D z + shift`. Only the kept modes of z reach it. */
  function reconstruct(codes: Codes, shift: Tensor): Tensor {
    const grid = codes.kind === "sparse" ? codes.grid : codes.values.shape.slice(1, -1);
    const kept = modesOn(grid);
    if (codes.kind === "sparse") return reconstructSparse(codes, shift, kept);
    const [z, d] = [spectrumOf(codes.values, kept), weightsOn(kept)];
    const product = spectralMatMul({ aRe: z.re, aIm: z.im, bRe: d.re, bIm: d.im }, { adjoint: "none" });
    return synthesizeFunctions({ ...product, shift }, { grid, modes: kept }).x;
  }

  function reconstructSparse({ values, positions, concepts, grid }: SparseCodes, shift: Tensor, kept: Modes): Tensor {
    const [batch, chosen, count] = values.shape;
    const rows: [number, number] = [batch * chosen, count];
    const points = { values: reshape(detach(values), rows), positions: reshape(positions, rows) };
    const z = analyzePoints(points, { grid, modes: kept });
    const maps = [batch, chosen, sizeOf(spectrumShape(kept))];
    const spectra = { zRe: reshape(z.re, maps), zIm: reshape(z.im, maps) };
    return reconstructTheta(
      { values, positions, ...spectra, concepts, theta: thetaOn(kept), shift },
      { grid, modes: kept },
    ).x;
  }

  return {
    kind: "fourier",
    label: "SAE-FNO",
    domain: "functions",
    codes: "maps",
    movesWithMaps: true,
    conceptCount: concepts,
    channels,
    parameters: spectra.parameters,
    bandLimit: modesOn,
    spectra() {
      const full = [concepts, channels, ...shape];
      const { re, im } = tidy(() => {
        const parts = spectralWeights({ theta: theta() }, { modes });
        return { re: reshape(parts.re, full), im: reshape(parts.im, full) };
      });
      return { modes, re, im };
    },
    synthesize: (codes) => tidy(() => reconstruct(codes, zeros([channels]))),
    synthesizeShifted: (codes, shift) => tidy(() => reconstruct(codes, shift)),
    correlate,
    preCodes,
    centeredPreCodes,
    unrolledCodes(x, { stepSize, center = zeros([channels]), ...attributes }) {
      const grid = x.shape.slice(1, -1);
      const kept = modesOn(grid);
      const [s, d] = [analyzeFunctions({ x, center }, { modes: kept }), weightsOn(kept)];
      const { codes, synthesis } = unrolledMaps(
        { xRe: s.re, xIm: s.im, dRe: d.re, dIm: d.im, stepSize },
        { grid, modes: kept, ...attributes },
      );
      const values = fromRows(reshape(codes, [x.shape[0] * concepts, ...grid]), concepts);
      return {
        codes: { kind: "dense", values, zerosAreConstant: true },
        synthesizeShifted: synthesis,
      };
    },
    atoms({ grid = modes.map((m) => 2 * m - 1), origin = "center" } = {}) {
      const kept = modesOn(grid);
      return tidy(() => withOrigin(functionsOf(weightsOn(kept), grid), origin));
    },
    squaredNorms: () => tidy(() => squaredRowNorms(projected(theta(), channels, modes))),
    // A spectrum is the same function on every grid.
    locality: () =>
      tidy(() => spectralLocality(spectralWeights({ theta: theta() }, { modes }), { modes }).energies as Tensor1D),
    normalize: () => tidy(() => spectra.normalize()),
    scale: (factor) => tidy(() => spectra.scale(factor)),
    assign(functions, { localized = false, ...options } = {}) {
      const grid = functions.shape.slice(1, -1);
      checkModes(modes, grid);
      tidy(() => {
        const window = () => reshape(tensor(gaussianWindow(grid)), [...grid, 1]);
        const { re, im } = truncatedAnalysis(
          { x: toRows(localized ? mul(functions, window()) : functions) },
          { modes },
        );
        spectra.assign(thetaOf({ re, im }, channels, modes), options);
      });
    },
    checkGrid: (grid, { truncated = false } = {}) => checkModes(truncated ? modesOn(grid) : modes, grid),
    mapChannels: (matrix) => tidy(() => spectra.mapChannels(matrix)),
    copy: () =>
      dictionaryOf(
        tidied(() => spectra.copy()),
        options,
      ),
    toConfig: () => ({
      kind: "fourier",
      channels,
      concepts,
      modes,
      start: form,
      ...(rank === undefined ? {} : { rank }),
    }),
    dispose: () => {
      for (const { variable } of spectra.parameters) variable.dispose();
    },
  };
}

interface Parts {
  readonly re: Tensor;
  readonly im: Tensor;
}

/** The standard deviation of the window of a localized start, as a share of the domain. */
const windowWidth = 0.1;

/** Atoms of given coefficients, of the rank that is asked for. */
function atomsOf(theta: Tensor, { modes, rank }: FourierDictionaryOptions): SpectralAtoms {
  return rank === undefined ? wholeSpectra(theta, modes) : factoredSpectra(factored(theta, rank), modes);
}

/** Atoms of the chosen start: of factors, profiles that start as theta of as many channels does, on random patterns of channels. */
function initialAtoms(options: FourierDictionaryOptions, random: Random): SpectralAtoms {
  const { channels, concepts, modes, rank, start = "localized" } = options;
  if (rank === undefined) return wholeSpectra(unitRows(initialTheta(options, start, random)), modes);
  const source = start === "localized" ? createRandom(0).split("mixes") : random.split("mixes");
  const mixes = tensor(source.normals(concepts * rank * channels), [concepts, rank, channels]);
  const atoms = factoredSpectra(
    { profiles: initialTheta({ ...options, channels: rank }, start, random), mixes },
    modes,
  );
  atoms.normalize();
  return atoms;
}

/** theta of the chosen start, before normalization. */
function initialTheta(
  { channels, concepts, modes }: FourierDictionaryOptions,
  form: FourierStart,
  random: Random,
): Tensor {
  switch (form) {
    case "global": {
      const full = [concepts, channels, ...spectrumShape(modes)];
      const draw = () => tensor(random.normals(sizeOf(full)), full);
      return thetaOf(projectOnRealFunctions(draw(), draw()), channels, modes);
    }
    case "localized":
    case "random": {
      const grid = modes.map((m) => 2 * m - 1);
      const source = form === "random" ? random : createRandom(0).split("localized");
      const noise = tensor(source.normals(concepts * channels * sizeOf(grid)), [concepts * channels, sizeOf(grid)]);
      const windowed = reshape(mul(noise, tensor(gaussianWindow(grid))), [concepts * channels, ...grid]);
      return thetaOf(truncatedAnalysis({ x: windowed }, { modes }), channels, modes);
    }
    default:
      throw form satisfies never;
  }
}

/** `exp(-|u|^2 / (2 width^2))` of the periodic distance u to the origin, flat. */
function gaussianWindow(grid: Grid): Float32Array {
  const values = new Float32Array(sizeOf(grid));
  for (let flat = 0; flat < values.length; flat++) {
    let rest = flat;
    let squared = 0;
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const points = grid[axis];
      const position = (rest % points) / points;
      squared += Math.min(position, 1 - position) ** 2;
      rest = Math.floor(rest / points);
    }
    values[flat] = Math.exp(-squared / (2 * windowWidth ** 2));
  }
  return values;
}
