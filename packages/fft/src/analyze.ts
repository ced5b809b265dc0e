import { type Modes, SaenoError, truncatedAnalysis } from "@saeno/backend";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { fromRows, toRows } from "./channels.ts";
import { checkModes } from "./check-modes.ts";

/** Fourier coefficients: real and imaginary parts `[B, 2m_1-1, .., m_d, C]`, by ascending frequency. */
export interface Spectrum {
  readonly re: Tensor;
  readonly im: Tensor;
}

/**
 * Truncated Fourier analysis of real functions (specification: Fourier coefficients), differentiable:
 *
 *     x^(w) = (1/|N|) sum_n x[n] exp(-2 pi i <w, n/N>)
 *
 * x `[B, ...N, C]`, with one to three grid axes, to a spectrum `[B, 2m_1-1, .., m_d, C]`. The caller disposes of both parts.
 *
 * @param options.modes non-negative frequencies kept on each axis; `N_j >= 2 m_j - 1`.
 * @throws SaenoError `fft.modes`, `fft.grid` (see checkModes), `fft.shape` if x is not `[B, ...N, C]`.
 */
export function analyze(x: Tensor, options: { readonly modes: Modes }): Spectrum {
  if (x.rank < 3) {
    throw new SaenoError("fft.shape", `Functions are tensors [B, ...N, C]; got the shape [${x.shape.join(", ")}].`);
  }
  checkModes(options.modes, x.shape.slice(1, -1));
  const channels = x.shape[x.rank - 1];
  return tidy(() => {
    const { re, im } = truncatedAnalysis({ x: toRows(x) }, { modes: options.modes });
    return { re: fromRows(re, channels), im: fromRows(im, channels) };
  });
}
