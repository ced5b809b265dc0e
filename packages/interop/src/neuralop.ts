import { sizeOf } from "@saeno/backend";
import type { Dictionary } from "@saeno/core";
import type { ComplexTensor } from "./complex-tensor.ts";
import {
  checkSpectralShape,
  coefficientsOf,
  dictionaryOf,
  eachIndex,
  flatIndex,
  type SpectralOptions,
} from "./spectral-operator.ts";

/**
 * The weight of neuralop's `SpectralConv` (github.com/neuraloperator/neuraloperator, 1.0 and later) as a fourier dictionary: dense,
 * not separable, for real data, `[in, out, n_1, .., n_d // 2 + 1]`.
 *
 * `n_modes` counts both signs. On every axis but the last, index i is the frequency `i - n // 2`, so an even n keeps `-n/2` and not `n/2`; on the last, i
 * is the frequency i. Our modes are `m_j = n_j // 2 + 1`, with 0 where nothing was kept, and grids need `2 m_j - 1` points: only the Nyquist frequency of a
 * grid of n points, for even n, is dropped. A bias of the convolution is not part of the dictionary: give it to `setDecoderBias`, or to `encoder.bias`.
 *
 * The operators are equal on even grids, and on odd ones along the last axis. Along the others version 2.0 undoes its `fftshift` by a second `fftshift`,
 * which on an odd number of points moves every frequency by one; ours does on all grids what theirs does on even ones.
 *
 * @throws SaenoError `interop.spectral` for weights of another shape.
 */
export function fourierFromNeuralop(weight: ComplexTensor, options: SpectralOptions): Dictionary {
  checkSpectralShape(weight, "The weight");
  const [inputs, outputs, ...kept] = weight.shape as [number, number, ...number[]];
  const last = kept.length - 1;
  const modes = kept.map((n, axis) => (axis === last ? n : Math.floor(n / 2) + 1));
  const place = (frequency: readonly number[]) => {
    const index = frequency.map((w, axis) => (axis === last ? w : w + Math.floor(kept[axis] / 2)));
    const at = flatIndex(index, kept);
    return at === undefined ? undefined : { tensor: weight, at };
  };
  return dictionaryOf({ inputs, outputs, modes }, place, options);
}

export interface NeuralopWeight {
  /** `[in, out, 2m_1 - 1, .., m_d]`. */
  readonly weight: ComplexTensor;
  /** The `n_modes` to make a `SpectralConv` of this weight with: `2 m_j - 1`. */
  readonly modes: readonly number[];
}

/**
 * A fourier dictionary as the weight of a `SpectralConv(in, out, n_modes=modes, bias=False)`: as a decoder with concepts in and channels out, as an
 * encoder (its adjoint) with channels in and concepts out. `fourierFromNeuralop` of it is the same dictionary.
 *
 * @throws SaenoError `interop.model` for a dictionary without spectra.
 */
export async function neuralopFromFourier(dictionary: Dictionary, options: SpectralOptions): Promise<NeuralopWeight> {
  const { inputs, outputs, modes, at } = await coefficientsOf(dictionary, options);
  const last = modes.length - 1;
  const kept = modes.map((m, axis) => (axis === last ? m : 2 * m - 1));
  const shape = [inputs, outputs, ...kept];
  const re = new Float32Array(sizeOf(shape));
  const im = new Float32Array(sizeOf(shape));
  eachIndex(shape, ([input, output, ...index], flat) => {
    const frequency = index.map((i, axis) => (axis === last ? i : i - modes[axis] + 1));
    [re[flat], im[flat]] = at(input, output, frequency) as [number, number];
  });
  return { weight: { shape, re, im }, modes: modes.map((m) => 2 * m - 1) };
}
