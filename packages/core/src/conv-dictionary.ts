import { type Codes, densePreCodes, type PreCodes } from "@saeno/activations";
import {
  convCorrelate,
  convEnergies,
  convSynthesize,
  decodeConvPoints,
  encodeConvPoints,
  type Grid,
  type Padding,
  type Random,
  SaenoError,
  sizeOf,
} from "@saeno/backend";
import {
  add,
  concat,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { isRandom } from "./dense-dictionary.ts";
import type { Dictionary } from "./dictionary.ts";
import { trainable } from "./parameter.ts";
import { rowNorms, unitRows } from "./unit-rows.ts";

export interface ConvDictionaryOptions {
  readonly channels: number;
  readonly concepts: number;
  /** Points of a kernel on each axis, odd. */
  readonly kernel: Grid;
  /** Default `circular`: functions are periodic. */
  readonly padding?: Padding;
}

/**
 * The dictionary of SAE-CNN (SPEC 3): concept k is a centred kernel `d_k [...s, C]`.
 * `(D z)[n] = sum_k sum_j d_k[j] z_k[n - j]`; `(D* x)_k[n] = sum_c sum_j d_k[j, c] x[n + j, c]`.
 * Samples `[B, ...N, C]`, codes `[B, ...N, K]`. Parameter `kernels [K, ...s, C]`, Gaussian and normalised at the start.
 * A kernel is a fixed number of points: on a finer grid it covers less of the domain.
 *
 * @throws SaenoError `dictionary.kernel` for a kernel whose sizes are not odd, or not one to three.
 */
export function convDictionary(options: ConvDictionaryOptions, start: Random | Tensor): Dictionary {
  const { channels, concepts, kernel, padding = "circular" } = options;
  if (kernel.length < 1 || kernel.length > 3 || kernel.some((s) => !Number.isInteger(s) || s < 1 || s % 2 === 0)) {
    throw new SaenoError(
      "dictionary.kernel",
      `A kernel has one to three odd sizes, so that it has a centre; got [${kernel.join(", ")}].`,
    );
  }
  const shape = [concepts, ...kernel, channels];
  const initial = () => (isRandom(start) ? unitRows(tensor(start.normals(sizeOf(shape)), shape)) : start);
  const parameter = tidy(() => trainable(initial()));
  const kernels: Tensor = parameter;
  const attributes = { padding };
  const correlate = (x: Tensor): Tensor => convCorrelate({ x, kernels }, attributes).a;
  function preCodes(x: Tensor, bias: Tensor1D): PreCodes {
    const dense = () => add(correlate(x), bias);
    return {
      batch: x.shape[0] as number,
      grid: x.shape.slice(1, -1),
      conceptCount: concepts,
      energies: ({ kind, count }) =>
        convEnergies({ x, kernels, bias }, { padding, kind, ...(count === undefined ? {} : { count }) })
          .energies as Tensor2D,
      select: (chosen) => densePreCodes(dense()).select(chosen),
      points(chosen, count) {
        const { values, positions } = encodeConvPoints({ x, kernels, bias, concepts: chosen }, { padding, count });
        return { values: values as Tensor3D, positions: positions as Tensor3D };
      },
      dense,
    };
  }

  function synthesize(codes: Codes): Tensor {
    if (codes.kind === "dense") return convSynthesize({ z: codes.values, kernels }, attributes).x;
    const { values, positions, concepts: chosen, grid } = codes;
    return decodeConvPoints({ values, positions, concepts: chosen, kernels }, { grid, padding }).x;
  }

  function checkGrid(grid: Grid): void {
    if (grid.length !== kernel.length) {
      throw new SaenoError(
        "dictionary.grid",
        `A ${kernel.join(" x ")} kernel needs ${kernel.length} grid axes; got ${grid.length || "none"}.`,
      );
    }
    grid.forEach((points, axis) => {
      if (points < (kernel[axis] as number)) {
        throw new SaenoError(
          "dictionary.grid",
          `Axis ${axis + 1} has ${points} points, fewer than the kernel's ${kernel[axis]}. Use a finer grid or a smaller kernel.`,
        );
      }
    });
  }

  return {
    kind: "conv",
    conceptCount: concepts,
    channels,
    parameter,
    parameterName: "kernels",
    synthesize: (codes) => tidy(() => synthesize(codes)),
    correlate,
    preCodes,
    atoms(grid) {
      if (grid === undefined) return kernels.clone();
      checkGrid(grid);
      return tidy(() => onGrid(kernels, kernel, grid));
    },
    norms: () => tidy(() => rowNorms(kernels)) as Tensor1D,
    normalize: () => tidy(() => parameter.assign(unitRows(parameter))),
    checkGrid,
    copy: () => convDictionary(options, kernels),
    toConfig: () => ({ kind: "conv", channels, concepts, kernel, padding }),
    dispose: () => parameter.dispose(),
  };
}

/** Kernels on a grid of zeros, their centre at index 0, what reaches below it wrapped around. */
function onGrid(kernels: Tensor, kernel: Grid, grid: Grid): Tensor {
  let placed = kernels;
  grid.forEach((points, axis) => {
    const half = ((kernel[axis] as number) - 1) / 2;
    const size = kernel[axis] as number;
    const rest = (begin: number, count: number) => {
      const from = placed.shape.map((_, i) => (i === axis + 1 ? begin : 0));
      return slice(
        placed,
        from,
        placed.shape.map((n, i) => (i === axis + 1 ? count : n)),
      );
    };
    const gap = zeros(placed.shape.map((n, i) => (i === axis + 1 ? points - size : n)));
    const parts = [rest(half, size - half), gap, rest(0, half)].filter((part) => part.size > 0);
    placed = concat(parts, axis + 1);
  });
  return placed;
}
