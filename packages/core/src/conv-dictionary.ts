import { type Codes, densePreCodes, type PreCodes, samplesOf } from "@saeno/activations";
import {
  convCorrelate,
  convEnergies,
  convSynthesize,
  decodeConvPoints,
  detach,
  encodeConvPoints,
  type Grid,
  oneOf,
  option,
  type Padding,
  perAxis,
  positiveInteger,
  type Random,
  SaenoError,
  sampleConvPoints,
  sizeOf,
  trainable,
} from "@saeno/backend";
import {
  add,
  concat,
  expandDims,
  mul,
  relu,
  reshape,
  slice,
  square,
  sum,
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
import { assignRows, biasAt, mapLastAxis, rowsAt, squaredRowNorms, unitRows } from "./rows.ts";
import { withOrigin } from "./with-origin.ts";

export const convComponent: DictionaryComponent = defineDictionary({
  kind: "conv",
  alias: "cnn",
  label: "SAE-CNN",
  domain: "functions",
  codes: "maps",
  summary: "concepts are kernels of a fixed number of points",
  schema: v.strictObject({
    concepts: v.optional(option(positiveInteger, "concepts in the dictionary"), 64),
    kernel: v.optional(option(perAxis, "points of a kernel on each axis, odd"), 7),
    padding: v.optional(option(oneOf("circular", "zero"), "what lies beyond the border"), "circular"),
    channels: v.exactOptional(option(positiveInteger, "channels of a sample", { hidden: true })),
  }),
  create({ kernel, channels, ...options }, { random, grid, ...data }) {
    const sizes = sizesOnGrid("kernel", kernel, grid);
    return convDictionary(
      { ...options, kernel: sizes, channels: fromData("channels", channels ?? data.channels) },
      random,
    );
  },
  shapes: ({ concepts, kernel, channels }) =>
    channels === undefined || !Array.isArray(kernel) ? {} : { kernels: [concepts, ...kernel, channels] },
});

export interface ConvDictionaryOptions {
  readonly channels: number;
  readonly concepts: number;
  /** Points of a kernel on each axis, odd. */
  readonly kernel: Grid;
  /** Default `circular`: functions are periodic. */
  readonly padding?: Padding;
}

/**
 * The dictionary of SAE-CNN (specification: Dictionaries): concept k is a centered kernel `d_k [...s, C]`.
 * `(D z)[n] = sum_k sum_j d_k[j] z_k[n - j]`; `(D* x)_k[n] = sum_c sum_j d_k[j, c] x[n + j, c]`.
 * Samples `[B, ...N, C]`, codes `[B, ...N, K]`. Parameter `kernels [K, ...s, C]`, Gaussian and normalized at the start.
 * A kernel is a fixed number of points: on a finer grid it covers less of the domain.
 *
 * @throws SaenoError `dictionary.kernel` for a kernel whose sizes are not odd, or not one to three.
 */
export function convDictionary(options: ConvDictionaryOptions, start: Random | Tensor): Dictionary {
  const { channels, concepts, kernel, padding = "circular" } = options;
  if (kernel.length < 1 || kernel.length > 3 || kernel.some((s) => !Number.isInteger(s) || s < 1 || s % 2 === 0)) {
    throw new SaenoError(
      "dictionary.kernel",
      `A kernel needs one to three odd sizes, so that it has a center; got [${kernel.join(", ")}].`,
    );
  }
  const shape = [concepts, ...kernel, channels];
  const initial = () => (isRandom(start) ? unitRows(tensor(start.normals(sizeOf(shape)), shape)) : start);
  const parameter = tidy(() => trainable(initial()));
  const kernels: Tensor = parameter;
  const attributes = { padding };
  const correlate = (x: Tensor): Tensor => convCorrelate({ x, kernels }, attributes).a;
  const preCodes = (x: Tensor, offset?: Tensor1D): PreCodes =>
    preCodesOf(x, kernels, offset ?? (zeros([concepts]) as Tensor1D));

  /** Pre-codes by all kernels, or some. */
  function preCodesOf(x: Tensor, kernels: Tensor, bias: Tensor1D): PreCodes {
    const dense = () => add(convCorrelate({ x, kernels }, attributes).a, bias);
    const at = (chosen: Tensor2D, positions: Tensor3D) => {
      const { values } = sampleConvPoints({ x, kernels, positions, concepts: chosen }, { padding });
      return add(values, expandDims(biasAt(bias, chosen), 2)) as Tensor3D;
    };
    return {
      batch: x.shape[0],
      grid: x.shape.slice(1, -1),
      conceptCount: kernels.shape[0],
      energies: ({ kind, count }) =>
        convEnergies({ x, kernels, bias }, { padding, kind, ...(count === undefined ? {} : { count }) })
          .energies as Tensor2D,
      select: (chosen) => densePreCodes(dense()).select(chosen),
      at,
      points(chosen, count, separation) {
        if (separation !== undefined) {
          const { positions } = densePreCodes(detach(dense())).points(chosen, count, separation);
          return { positions, values: relu(at(chosen, positions)) };
        }
        const { values, positions } = encodeConvPoints({ x, kernels, bias, concepts: chosen }, { padding, count });
        return { values: values as Tensor3D, positions: positions as Tensor3D };
      },
      among: (some, samples) => preCodesOf(samplesOf(x, samples), rowsAt(kernels, some), rowsAt(bias, some)),
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
      if (points < kernel[axis]) {
        throw new SaenoError(
          "dictionary.grid",
          `Axis ${axis + 1} has ${points} points, fewer than the kernel's ${kernel[axis]}. Use a finer grid or a smaller kernel.`,
        );
      }
    });
  }

  return {
    kind: "conv",
    label: "SAE-CNN",
    domain: "functions",
    codes: "maps",
    movesWithMaps: padding === "circular",
    conceptCount: concepts,
    channels,
    parameters: [{ name: "kernels", variable: parameter, role: "atoms" }],
    synthesize: (codes) => tidy(() => synthesize(codes)),
    correlate,
    preCodes,
    atoms({ grid = kernel, origin = "center" } = {}) {
      checkGrid(grid);
      return tidy(() => withOrigin(onGrid(kernels, kernel, grid), origin));
    },
    squaredNorms: () => tidy(() => squaredRowNorms(kernels)),
    locality: (grid) =>
      tidy(() => {
        const weights = tensor(distanceWeights(kernel, grid), [1, ...kernel, 1]);
        return sum(reshape(mul(square(kernels), weights), [concepts, -1]), 1) as Tensor1D;
      }),
    normalize: () => tidy(() => parameter.assign(unitRows(parameter))),
    scale: (factor) => tidy(() => parameter.assign(mul(parameter, factor))),
    assign(functions, options) {
      checkGrid(functions.shape.slice(1, -1));
      tidy(() => assignRows(parameter, aroundOrigin(functions, kernel), options));
    },
    checkGrid,
    mapChannels: (matrix) => tidy(() => parameter.assign(mapLastAxis(parameter, matrix))),
    copy: () => convDictionary(options, kernels),
    toConfig: () => ({ kind: "conv", channels, concepts, kernel, padding }),
    dispose: () => parameter.dispose(),
  };
}

/** `sum_j sin^2(pi u_j)` at each entry of a kernel, flat, `u` its distance from the center on a grid. */
function distanceWeights(kernel: Grid, grid: Grid): Float32Array {
  return Float32Array.from({ length: sizeOf(kernel) }, (_, flat) => {
    let [rest, weight] = [flat, 0];
    for (let axis = kernel.length - 1; axis >= 0; axis--) {
      const size = kernel[axis];
      const offset = (rest % size) - (size - 1) / 2;
      weight += Math.sin((Math.PI * offset) / grid[axis]) ** 2;
      rest = Math.floor(rest / size);
    }
    return weight;
  });
}

/** Kernels on a grid of zeros, their center at index 0, what reaches below it wrapped around. */
function onGrid(kernels: Tensor, kernel: Grid, grid: Grid): Tensor {
  let placed = kernels;
  grid.forEach((points, axis) => {
    const size = kernel[axis];
    const half = (size - 1) / 2;
    const gap = zeros(placed.shape.map((n, i) => (i === axis + 1 ? points - size : n)));
    const parts = [part(placed, axis + 1, half, size - half), gap, part(placed, axis + 1, 0, half)];
    placed = concat(
      parts.filter(({ size: entries }) => entries > 0),
      axis + 1,
    );
  });
  return placed;
}

/** The reverse: what functions have within a kernel of their index 0, centered. */
function aroundOrigin(functions: Tensor, kernel: Grid): Tensor {
  let cut = functions;
  kernel.forEach((size, axis) => {
    const half = (size - 1) / 2;
    const points = cut.shape[axis + 1];
    const parts = [part(cut, axis + 1, points - half, half), part(cut, axis + 1, 0, size - half)];
    cut = concat(
      parts.filter(({ size: entries }) => entries > 0),
      axis + 1,
    );
  });
  return cut;
}

/** `count` entries along an axis, from `begin`. */
function part(x: Tensor, axis: number, begin: number, count: number): Tensor {
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? begin : 0)),
    x.shape.map((n, i) => (i === axis ? count : n)),
  );
}
