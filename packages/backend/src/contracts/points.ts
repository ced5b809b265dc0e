import { add, gather, relu, reshape, sum, type Tensor, type Tensor1D, tensor, zeros } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { jointly } from "../jointly.ts";
import { conjugateCounts, type Grid, type Modes, sizeOf, spectrumShape } from "../spectrum.ts";
import { accumulateChosen, correlateChosen, decodeChosen, sumChosen } from "./chosen.ts";
import { passPositive } from "./pass-positive.ts";
import { gatherRows, scatterRows } from "./rows.ts";
import { largestPoints } from "./separate-points.ts";
import { truncatedAnalysis, truncatedSynthesis } from "./truncated-transforms.ts";

/**
 * Analysis of maps given by a few points: values, positions `[R, s]` on a grid of `|N|` points to re, im `[R, M]`,
 * `(1/|N|) sum_s values exp(-2 pi i <w, n_s/N>)`. Positions are flat, row-major and distinct within a row.
 * With `adjoint` the transpose of {@link samplePoints}. Cost: `O(s M)` per row.
 */
export const analyzePoints: Contract<
  "values" | "positions",
  "re" | "im",
  { readonly grid: Grid; readonly modes: Modes; readonly adjoint?: boolean }
> = defineContract({
  name: "SaenoAnalyzePoints",
  inputs: ["values", "positions"],
  outputs: ["re", "im"],
  composite({ values, positions }, { grid, modes, adjoint = false }) {
    const rows = values.shape[0];
    const { x } = scatterRows({ values, indices: positions }, { size: sizeOf(grid) });
    const { re, im } = truncatedAnalysis({ x: reshape(x, [rows, ...grid]) }, { modes, adjoint });
    const flat = [rows, sizeOf(spectrumShape(modes))];
    return { re: reshape(re, flat), im: reshape(im, flat) };
  },
  gradient: {
    saves: ["positions"],
    backward({ re, im }, { positions }, { grid, modes, adjoint = false }) {
      return { values: () => samplePoints({ re, im, positions }, { grid, modes, adjoint: !adjoint }).values };
    },
  },
});

/** Values of functions at a few points: re, im `[R, M]`, positions `[R, s]` to values `[R, s]`. With `adjoint` the transpose of {@link analyzePoints}. */
export const samplePoints: Contract<
  "re" | "im" | "positions",
  "values",
  { readonly grid: Grid; readonly modes: Modes; readonly adjoint?: boolean }
> = defineContract({
  name: "SaenoSamplePoints",
  inputs: ["re", "im", "positions"],
  outputs: ["values"],
  composite({ re, im, positions }, { grid, modes, adjoint = false }) {
    const shape = [re.shape[0], ...spectrumShape(modes)];
    const { x } = truncatedSynthesis({ re: reshape(re, shape), im: reshape(im, shape) }, { grid, adjoint });
    return gatherRows({ x: reshape(x, [shape[0], sizeOf(grid)]), indices: positions }, {});
  },
  gradient: {
    saves: ["positions"],
    backward({ values }, { positions }, { grid, modes, adjoint = false }) {
      return jointly(["re", "im"], () => analyzePoints({ values, positions }, { grid, modes, adjoint: !adjoint }));
    },
  },
});

type EncodeInputs = "xRe" | "xIm" | "eRe" | "eIm" | "bias" | "concepts";

/**
 * The kept points of the chosen maps of a fourier encoder, in one operation, so that no gradient of a dense map is ever
 * formed (specification: Encoders, Activations): for each sample and chosen concept the `count` largest points of the map `E_k* x + b_k` on the grid,
 * with `separation` those that are apart ({@link separatePoints}), their values rectified. A map with fewer positive points is filled up with its next largest ones, at the value zero.
 *
 * x `[B, C, M]`, e `[K, C, M]`, bias `[K]`, concepts `[B, k]` to values, positions `[B, k, count]`; positions ascending.
 */
export const encodePoints: Contract<
  EncodeInputs,
  "values" | "positions",
  { readonly grid: Grid; readonly modes: Modes; readonly count: number; readonly separation?: readonly number[] }
> = defineContract({
  name: "SaenoEncodePoints",
  inputs: ["xRe", "xIm", "eRe", "eIm", "bias", "concepts"],
  outputs: ["values", "positions"],
  composite({ xRe, xIm, eRe, eIm, bias, concepts }, { grid, modes, count, separation }) {
    const [batch, chosen] = concepts.shape as [number, number];
    const rows = batch * chosen;
    const spectrum = correlateChosen({ xRe, xIm, eRe, eIm, concepts }, {});
    const shape = [rows, ...spectrumShape(modes)];
    const { x } = truncatedSynthesis({ re: reshape(spectrum.re, shape), im: reshape(spectrum.im, shape) }, { grid });
    // tfjs cannot gather zero rows.
    const shift = rows === 0 ? zeros([0, 1]) : reshape(gather(bias, reshape(concepts, [-1]) as Tensor1D), [rows, 1]);
    const maps = add(reshape(x, [rows, sizeOf(grid)]), shift);
    const indices = largestPoints(maps, { grid, count, ...(separation === undefined ? {} : { separation }) });
    const { values } = gatherRows({ x: maps, indices }, {});
    return {
      values: reshape(relu(values), [batch, chosen, count]),
      positions: reshape(indices, [batch, chosen, count]),
    };
  },
  gradient: {
    saves: ["xRe", "xIm", "eRe", "eIm", "bias", "concepts", "values", "positions"],
    backward(upstream, saved, { grid, modes, count }) {
      const { xRe, xIm, eRe, eIm, bias, concepts } = saved;
      const [batch, chosen] = concepts.shape as [number, number];
      const rows = batch * chosen;
      const conceptCount = bias.shape[0];
      const { passed } = passPositive({ upstream: upstream.values, values: saved.values }, {});
      const values = reshape(passed, [rows, count]);
      const positions = reshape(saved.positions, [rows, count]);
      const spectrum = analyzePoints({ values, positions }, { grid, modes, adjoint: true });
      const shape = [batch, chosen, sizeOf(spectrumShape(modes))];
      const gRe = reshape(spectrum.re, shape);
      const gIm = reshape(spectrum.im, shape);
      return {
        ...jointly(["xRe", "xIm"], () => decodeChosen({ zRe: gRe, zIm: gIm, dRe: eRe, dIm: eIm, concepts }, {}), [
          "re",
          "im",
        ]),
        ...jointly(
          ["eRe", "eIm"],
          () => accumulateChosen({ pRe: xRe, pIm: xIm, qRe: gRe, qIm: gIm, concepts }, { conceptCount }),
          ["re", "im"],
        ),
        bias: () => sumChosen({ values: reshape(sum(values, 1), concepts.shape), concepts }, { conceptCount }).sums,
      };
    },
  },
});

/** A factor per frequency of a flat spectrum, from `c(w)`: `[M]`. */
export function frequencyScale(modes: Modes, factor: (count: number) => number): Tensor {
  const counts = conjugateCounts(modes);
  const size = sizeOf(spectrumShape(modes));
  return tensor(Float32Array.from({ length: size }, (_, i) => factor(counts[i % counts.length])));
}
