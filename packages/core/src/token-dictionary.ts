import { type Codes, toDense } from "@saeno/activations";
import { type Grid, option, positiveInteger, type Random, SaenoError, sizeOf } from "@saeno/backend";
import { concat, reshape, slice, type Tensor, type Tensor1D, type Tensor2D, tidy, zeros } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { denseDictionary } from "./dense-dictionary.ts";
import type { Dictionary } from "./dictionary.ts";
import { type DictionaryComponent, defineDictionary, fromData } from "./dictionary-component.ts";
import { withOrigin } from "./with-origin.ts";

export const tokenComponent: DictionaryComponent = defineDictionary({
  kind: "tokens",
  label: "SAE-MLP on tokens",
  domain: "functions",
  codes: "maps",
  codesByPoint: true,
  summary: "concepts are vectors of channels; every point of a sample has a code of its own",
  defaults: { learningRate: 0.005 },
  schema: v.strictObject({
    concepts: v.optional(option(positiveInteger, "concepts in the dictionary"), 64),
    channels: v.exactOptional(option(positiveInteger, "channels of a sample", { hidden: true })),
    axes: v.exactOptional(option(positiveInteger, "axes of the grid", { hidden: true })),
  }),
  create: ({ concepts, channels, axes }, { random, grid, ...data }) =>
    tokenDictionary(
      {
        concepts,
        channels: fromData("channels", channels ?? data.channels),
        axes: fromData("axes", axes ?? grid?.length),
      },
      random,
    ),
  shapes: ({ concepts, channels }) => (channels === undefined ? {} : { atoms: [concepts, channels] }),
});

export interface TokenDictionaryOptions {
  readonly channels: number;
  readonly concepts: number;
  /** Of the grid; default 2. */
  readonly axes?: number;
}

/**
 * The dictionary of a standard SAE on the points of functions, as others use it on tokens (specification: Dictionaries): concept k is a vector
 * `d_k` in R^C, and each point of the grid is a sample with a scalar code of its own, so that activations of scalar codes choose among the concepts
 * of a point. `(D z)[n] = sum_k z_k[n] d_k`; `(D* x)_k[n] = <d_k, x[n]>`. Samples `[B, ...N, C]`, codes `[B, ...N, K]`; pre-codes, and codes
 * without a grid, are those of `B |N|` points. Parameter `atoms [K, C]`, Gaussian and normalized at the start.
 */
export function tokenDictionary(options: TokenDictionaryOptions, start: Random | Tensor): Dictionary {
  const { channels, concepts, axes = 2 } = options;
  const dense = denseDictionary({ inputs: channels, concepts }, start);
  const { centeredPreCodes } = dense;
  const points = (x: Tensor): Tensor2D => reshape(x, [-1, x.shape[x.rank - 1]]);
  const ofPoints = (x: Tensor, grid: Grid = []) => (grid.length === 0 ? x : reshape(x, [-1, ...grid, channels]));

  /** Codes of points, whatever form they have, to `[.., C]` on the grid that they have or are given. */
  function synthesize(codes: Codes, grid?: Grid): Tensor {
    if (codes.kind === "sparse" && codes.grid.length > 0) {
      return synthesize({ kind: "dense", values: toDense(codes), zerosAreConstant: true });
    }
    if (codes.kind === "sparse" || codes.values.rank === 2) return ofPoints(dense.synthesize(codes), grid);
    const values = points(codes.values);
    return ofPoints(dense.synthesize({ ...codes, values }), codes.values.shape.slice(1, -1));
  }

  return {
    kind: "tokens",
    label: "SAE-MLP on tokens",
    domain: "functions",
    codes: "maps",
    codesByPoint: true,
    movesWithMaps: true,
    conceptCount: concepts,
    channels,
    parameters: dense.parameters,
    synthesize: (codes, grid) => tidy(() => synthesize(codes, grid)),
    ...(dense.synthesizeAmong === undefined ? {} : { synthesizeAmong: dense.synthesizeAmong }),
    correlate: (x) => tidy(() => reshape(dense.correlate(points(x)), [...x.shape.slice(0, -1), concepts])),
    preCodes: (x, bias) => dense.preCodes(points(x), bias),
    ...(centeredPreCodes === undefined
      ? {}
      : { centeredPreCodes: (x: Tensor, center: Tensor, bias: Tensor1D) => centeredPreCodes(points(x), center, bias) }),
    ...(dense.unrolledCodes === undefined ? {} : { unrolledCodes: dense.unrolledCodes }),
    atoms: ({ grid = Array<number>(axes).fill(1), origin = "center" } = {}) =>
      tidy(() => {
        const corner = reshape(dense.atoms(), [concepts, 1, channels]);
        const rest = sizeOf(grid) - 1;
        const placed = rest === 0 ? corner : concat([corner, zeros([concepts, rest, channels])], 1);
        return withOrigin(reshape(placed, [concepts, ...grid, channels]), origin);
      }),
    squaredNorms: () => dense.squaredNorms(),
    normalize: () => dense.normalize(),
    scale: (factor) => dense.scale(factor),
    assign: (functions, how) =>
      tidy(() => {
        const begin = functions.shape.map(() => 0);
        const size = functions.shape.map((count, axis) => (axis === 0 || axis === functions.rank - 1 ? count : 1));
        dense.assign(slice(functions, begin, size), how);
      }),
    checkGrid(grid) {
      if (grid.length === axes) return;
      throw new SaenoError(
        "dictionary.grid",
        `This dictionary takes functions on grids of ${axes} ${axes === 1 ? "axis" : "axes"}; got ${grid.length || "none"}.`,
      );
    },
    mapChannels: (matrix) => dense.mapChannels?.(matrix),
    copy: () => tokenDictionary(options, dense.parameters[0].variable),
    toConfig: () => ({ kind: "tokens", channels, concepts, axes }),
    dispose: () => dense.dispose(),
  };
}
