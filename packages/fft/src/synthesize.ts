import { type Grid, type Modes, SaenoError, truncatedSynthesis } from "@saeno/backend";
import { reshape, slice, stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Spectrum } from "./analyze.ts";
import { fromRows, toRows } from "./channels.ts";
import { checkModes } from "./check-modes.ts";

/**
 * Synthesis of real functions on a grid from their stored coefficients (specification: Fourier coefficients), differentiable:
 *
 *     x[n] = Re sum_{stored w} c(w) x^(w) exp(2 pi i <w, n/N>),   c(w) = 1 where w_d = 0, else 2
 *
 * Spectrum `[B, 2m_1-1, .., m_d, C]` to x `[B, ...N, C]`. The caller disposes of the result.
 *
 * @param options.grid any grid that holds the modes of the spectrum, whatever grid they were analyzed on.
 * @throws SaenoError `fft.modes`, `fft.grid` (see checkModes), `fft.shape` if the parts differ in shape.
 */
export function synthesize(spectrum: Spectrum, options: { readonly grid: Grid }): Tensor {
  const { re, im } = spectrum;
  if (re.rank < 3 || re.shape.join() !== im.shape.join()) {
    throw new SaenoError(
      "fft.shape",
      `A spectrum is two tensors of the same shape [B, 2m_1-1, .., m_d, C]; got [${re.shape.join(", ")}] and [${im.shape.join(", ")}].`,
    );
  }
  checkModes(modesOf(spectrum), options.grid);
  const channels = re.shape[re.rank - 1];
  return tidy(() => {
    // Stacked and unstacked, so that the gradients of both parts are asked for together.
    const parts = stack([re, im]);
    const part = (index: number) =>
      toRows(reshape(slice(parts, [index, ...re.shape.map(() => 0)], [1, ...re.shape]), re.shape));
    const { x } = truncatedSynthesis({ re: part(0), im: part(1) }, { grid: options.grid });
    return fromRows(x, channels);
  });
}

/** The modes of a spectrum, from its shape. */
export function modesOf(spectrum: Spectrum): Modes {
  const shape = spectrum.re.shape.slice(1, -1);
  return shape.map((size, axis) => (axis === shape.length - 1 ? size : (size + 1) / 2));
}
