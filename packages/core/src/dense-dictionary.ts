import { type Codes, densePreCodes, type PreCodes, samplesOf } from "@saeno/activations";
import {
  decodeCodes,
  decodeRows,
  detach,
  dotRows,
  encodeTopK,
  type Grid,
  option,
  positiveInteger,
  type Random,
  SaenoError,
  trainable,
  unrolledRows,
} from "@saeno/backend";
import {
  add,
  matMul,
  mul,
  reshape,
  sub,
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
import { type DictionaryComponent, defineDictionary, fromData, isRandom } from "./dictionary-component.ts";
import { assignRows, biasAt, biasOfCentered, mapLastAxis, rowsAt, squaredRowNorms, unitRows } from "./rows.ts";

export const denseComponent: DictionaryComponent = defineDictionary({
  kind: "dense",
  alias: "mlp",
  label: "SAE-MLP",
  domain: "vectors",
  codes: "scalar",
  summary: "concepts are vectors",
  defaults: { learningRate: 0.005 },
  schema: v.strictObject({
    concepts: v.optional(option(positiveInteger, "concepts in the dictionary"), 64),
    inputs: v.exactOptional(option(positiveInteger, "length of a sample", { hidden: true })),
  }),
  create: ({ concepts, inputs }, { random, channels }) =>
    denseDictionary({ concepts, inputs: fromData("inputs", inputs ?? channels) }, random),
  shapes: ({ concepts, inputs }) => (inputs === undefined ? {} : { atoms: [concepts, inputs] }),
});

export interface DenseDictionaryOptions {
  /** `n`, the length of a sample. */
  readonly inputs: number;
  readonly concepts: number;
}

/**
 * The dictionary of SAE-MLP (specification: Dictionaries): concept k is a vector `d_k` in R^n. `D z = sum_k z_k d_k`; `D* x = (<d_k, x>)_k`.
 * Samples `[B, n]`, codes `[B, K]`. Parameter `atoms [K, n]`, Gaussian and normalized at the start.
 */
export function denseDictionary(options: DenseDictionaryOptions, start: Random | Tensor): Dictionary {
  const { inputs, concepts } = options;
  const initial = () =>
    isRandom(start) ? unitRows(tensor(start.normals(concepts * inputs), [concepts, inputs])) : start;
  const parameter = tidy(() => trainable(initial()));
  const atoms = parameter as Tensor2D;
  const correlate = (x: Tensor): Tensor2D => tidy(() => matMul(x as Tensor2D, atoms, false, true));

  const preCodes = (x: Tensor, offset?: Tensor1D): PreCodes =>
    preCodesOf(x as Tensor2D, atoms, offset ?? (zeros([concepts]) as Tensor1D));

  return {
    kind: "dense",
    label: "SAE-MLP",
    domain: "vectors",
    codes: "scalar",
    conceptCount: concepts,
    channels: inputs,
    parameters: [{ name: "atoms", variable: parameter, role: "atoms" }],
    synthesize: (codes) => decoded(codes, atoms),
    synthesizeAmong: (some, codes) => tidy(() => decoded(codes, rowsAt(atoms, some))),
    correlate,
    preCodes,
    centeredPreCodes: (x, center, offset) =>
      preCodesOf(sub(x, detach(center)) as Tensor2D, atoms, biasOfCentered(offset, center as Tensor1D, atoms)),
    unrolledCodes(x, { stepSize, center, heldStep: _, ...attributes }) {
      const centered = center === undefined ? x : sub(x, center);
      const { codes: values } = unrolledRows({ x: centered, atoms, stepSize }, attributes);
      return { codes: { kind: "dense", values, zerosAreConstant: true } };
    },
    atoms: () => atoms.clone(),
    squaredNorms: () => tidy(() => squaredRowNorms(atoms)),
    normalize: () => tidy(() => parameter.assign(unitRows(parameter))),
    scale: (factor) => tidy(() => parameter.assign(mul(parameter, factor))),
    assign: (functions, options) => assignRows(parameter, functions, options),
    checkGrid(grid: Grid) {
      if (grid.length > 0) {
        throw new SaenoError(
          "dictionary.grid",
          `A dense dictionary takes vectors [B, ${inputs}]; got functions on a grid ${grid.join(" x ")}. Flatten them first.`,
        );
      }
    },
    mapChannels: (matrix) => tidy(() => parameter.assign(mapLastAxis(parameter, matrix))),
    copy: () => denseDictionary(options, atoms),
    toConfig: () => ({ kind: "dense", concepts, inputs }),
    dispose: () => parameter.dispose(),
  };
}

function decoded(codes: Codes, atoms: Tensor2D): Tensor {
  if (codes.kind === "dense") {
    const { values, zerosAreConstant = false } = codes;
    return zerosAreConstant ? decodeCodes({ codes: values, atoms }, {}).x : matMul(values as Tensor2D, atoms);
  }
  const { concepts: chosen } = codes;
  return tidy(() => decodeRows({ values: reshape(codes.values, chosen.shape), concepts: chosen, atoms }, {}).x);
}

/** All K pre-codes are formed only where somebody asks for more than the largest. */
function preCodesOf(x: Tensor2D, atoms: Tensor2D, bias: Tensor1D): PreCodes {
  const dense = () => add(matMul(x, atoms, false, true), bias);
  return {
    batch: x.shape[0],
    grid: [],
    conceptCount: atoms.shape[0],
    energies: (energy) => densePreCodes(dense()).energies(energy),
    at: (chosen) => {
      const values = add(dotRows({ x, concepts: chosen, atoms }, {}).values, biasAt(bias, chosen));
      return reshape(values, [...chosen.shape, 1]) as Tensor3D;
    },
    select: (chosen) => densePreCodes(dense()).select(chosen),
    points: (...asked) => densePreCodes(dense()).points(...asked),
    largest(k) {
      const largest = encodeTopK({ x, atoms, bias }, { k });
      return { concepts: largest.concepts as Tensor2D, values: largest.values as Tensor2D };
    },
    among: (some, samples) => preCodesOf(samplesOf(x, samples), rowsAt(atoms, some), rowsAt(bias, some)),
    dense,
  };
}
