import { densePreCodes, toDense } from "@saeno/activations";
import { type Grid, type Random, SaenoError } from "@saeno/backend";
import { add, matMul, type Tensor, type Tensor1D, type Tensor2D, tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import type { Dictionary } from "./dictionary.ts";
import { trainable } from "./parameter.ts";
import { rowNorms, unitRows } from "./unit-rows.ts";

export interface DenseDictionaryOptions {
  /** `n`, the length of a sample. */
  readonly inputs: number;
  readonly concepts: number;
}

/**
 * The dictionary of SAE-MLP (SPEC 3): concept k is a vector `d_k` in R^n. `D z = sum_k z_k d_k`; `D* x = (<d_k, x>)_k`.
 * Samples `[B, n]`, codes `[B, K]`. Parameter `atoms [K, n]`, Gaussian and normalised at the start.
 */
export function denseDictionary(options: DenseDictionaryOptions, start: Random | Tensor): Dictionary {
  const { inputs, concepts } = options;
  const initial = () =>
    isRandom(start) ? unitRows(tensor(start.normals(concepts * inputs), [concepts, inputs])) : start;
  const parameter = tidy(() => trainable(initial()));
  const atoms = parameter as unknown as Tensor2D;
  const correlate = (x: Tensor): Tensor2D => tidy(() => matMul(x as Tensor2D, transpose(atoms)));
  return {
    kind: "dense",
    conceptCount: concepts,
    channels: inputs,
    parameter,
    parameterName: "atoms",
    synthesize: (codes) => tidy(() => matMul(toDense(codes) as Tensor2D, atoms)),
    correlate,
    preCodes: (x, bias) => densePreCodes(add(correlate(x), bias)),
    atoms: () => atoms.clone(),
    norms: () => tidy(() => rowNorms(atoms)) as Tensor1D,
    normalize: () => tidy(() => parameter.assign(unitRows(parameter))),
    checkGrid(grid: Grid) {
      if (grid.length > 0) {
        throw new SaenoError(
          "dictionary.grid",
          `A dense dictionary takes vectors [B, ${inputs}]; got functions on a grid ${grid.join(" x ")}. Flatten them first.`,
        );
      }
    },
    copy: () => denseDictionary(options, atoms),
    toConfig: () => ({ kind: "dense", ...options }),
    dispose: () => parameter.dispose(),
  };
}

export function isRandom(start: Random | Tensor): start is Random {
  return "normals" in start;
}
