import { SaenoError, sizeOf } from "@saeno/backend";
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
 * The weights of the spectral convolutions of Li et al. (arXiv:2010.08895; `SpectralConv1d`, `SpectralConv2d_fast`, `SpectralConv3d`) as a fourier
 * dictionary: `weights1 .. weights{2^(d-1)}`, each `[in, out, modes1, .., modes_d]`.
 *
 * Block 1 has the frequencies `0 .. modes - 1` of every axis, block 2 those `-modes .. -1` of the first, block 3 of the second, block 4 of both; the last
 * axis is one-sided. So `-modes` is kept where `modes` is not, and ours are `modes_j + 1` on all axes but the last, with 0 for `modes`; or `modes_j` if
 * nothing is at `-modes`, as in the output of `liFromFourier`. Grids need `2 m_j - 1` points.
 *
 * @throws SaenoError `interop.spectral` for weights of another number or shape.
 */
export function fourierFromLi(blocks: readonly ComplexTensor[], options: SpectralOptions): Dictionary {
  const [first] = blocks;
  if (first === undefined) throw spectralError("There are no weights.");
  blocks.forEach((block, i) => {
    checkSpectralShape(block, `weights${i + 1}`);
    if (block.shape.join() === first.shape.join()) return;
    throw spectralError(
      `weights${i + 1} has the shape [${block.shape.join(", ")}], weights1 [${first.shape.join(", ")}]; expected equal ones.`,
    );
  });
  const [inputs, outputs, ...kept] = first.shape as [number, number, ...number[]];
  const last = kept.length - 1;
  if (blocks.length !== 2 ** last)
    throw spectralError(
      `${blocks.length} blocks of weights with ${kept.length} axes of modes; expected ${2 ** last}: weights1${last > 0 ? ` to weights${2 ** last}` : ""}.`,
    );
  const modes = kept.map((m, axis) => (axis === last || nothingAtLowest(blocks, axis) ? m : m + 1));
  const place = (frequency: readonly number[]) => {
    const tensor = blocks[blockOf(frequency)];
    const at = flatIndex(
      frequency.map((w, axis) => (w < 0 ? w + kept[axis] : w)),
      kept,
    );
    return at === undefined ? undefined : { tensor, at };
  };
  return dictionaryOf({ inputs, outputs, modes }, place, options);
}

export interface LiWeights {
  /** `weights1 ..`, each `[in, out, m_1, .., m_d]`. */
  readonly blocks: readonly ComplexTensor[];
  /** `modes1 ..`, our `m_j`. */
  readonly modes: readonly number[];
}

/**
 * A fourier dictionary as weights of Li et al.: as a decoder with concepts in and channels out, as an encoder (its adjoint) with channels in and
 * concepts out. `fourierFromLi` of it is the same dictionary.
 *
 * @throws SaenoError `interop.model` for a dictionary without spectra.
 */
export async function liFromFourier(dictionary: Dictionary, options: SpectralOptions): Promise<LiWeights> {
  const { inputs, outputs, modes, at } = await coefficientsOf(dictionary, options);
  const shape = [inputs, outputs, ...modes];
  const blocks = Array.from({ length: 2 ** (modes.length - 1) }, (_, block) => {
    const re = new Float32Array(sizeOf(shape));
    const im = new Float32Array(sizeOf(shape));
    eachIndex(shape, ([input, output, ...index], flat) => {
      const frequency = index.map((i, axis) => (isNegative(block, axis) ? i - modes[axis] : i));
      [re[flat], im[flat]] = at(input, output, frequency) as [number, number];
    });
    return { shape, re, im };
  });
  return { blocks, modes };
}

/** Whether a block holds the negative frequencies of an axis: one bit of its number for each. */
function isNegative(block: number, axis: number): boolean {
  return ((block >> axis) & 1) === 1;
}

function blockOf(frequency: readonly number[]): number {
  return frequency.reduce((block, w, axis) => (w < 0 ? block | (1 << axis) : block), 0);
}

/** Whether all weights at `-modes` of an axis are 0. */
function nothingAtLowest(blocks: readonly ComplexTensor[], axis: number): boolean {
  return blocks.every(({ shape, re, im }, block) => {
    if (!isNegative(block, axis)) return true;
    let nothing = true;
    eachIndex(shape, (index, flat) => {
      if (index[axis + 2] === 0 && (re[flat] !== 0 || im[flat] !== 0)) nothing = false;
    });
    return nothing;
  });
}

function spectralError(message: string): SaenoError {
  return new SaenoError("interop.spectral", message, { kind: "data" });
}
