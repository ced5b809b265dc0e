import { densePreCodes, toDense } from "@saeno/activations";
import { option, positiveInteger, trainable } from "@saeno/backend";
import { assignRows, defineDictionary, unitRows } from "@saeno/core";
import { abs, add, matMul, mul, relu, square, sum, tensor, tidy } from "@tensorflow/tfjs-core";
import { exactOptional, optional, strictObject } from "valibot";

/** What the options leave open follows from the data: the length of a sample. */
export const nonnegative = defineDictionary({
  kind: "nonnegative",
  label: "SAE-NMF",
  domain: "vectors",
  codes: "scalar",
  summary: "concepts are vectors without negative entries",
  schema: strictObject({
    concepts: optional(option(positiveInteger, "concepts in the dictionary"), 64),
    inputs: exactOptional(option(positiveInteger, "length of a sample", { hidden: true })),
  }),
  create: ({ concepts, inputs }, { random, channels }) =>
    nonnegativeDictionary({ concepts, inputs: inputs ?? channels }, random),
});

/** Vectors without negative entries, as in non-negative matrix factorization: parts can be added, never taken off again. `[B, n]`. */
export function nonnegativeDictionary({ inputs, concepts }, start) {
  const shape = [concepts, inputs];
  const initial = () => ("normals" in start ? unitRows(abs(tensor(start.normals(concepts * inputs), shape))) : start);
  const parameter = tidy(() => trainable(initial()));
  const atoms = () => relu(parameter);
  const correlate = (x) => tidy(() => matMul(x, atoms(), false, true));
  return {
    kind: "nonnegative",
    label: "SAE-NMF",
    domain: "vectors",
    codes: "scalar",
    conceptCount: concepts,
    channels: inputs,
    parameters: [{ name: "atoms", variable: parameter, role: "atoms" }],
    synthesize: (codes) => tidy(() => matMul(toDense(codes), atoms())),
    correlate,
    preCodes: (x, bias) => densePreCodes(bias === undefined ? correlate(x) : add(correlate(x), bias)),
    atoms: () => tidy(atoms),
    squaredNorms: () => tidy(() => sum(square(atoms()), 1)),
    normalize: () => tidy(() => parameter.assign(unitRows(atoms()))),
    scale: (factor) => tidy(() => parameter.assign(mul(parameter, factor))),
    assign: (functions, options) => assignRows(parameter, functions, options),
    checkGrid(grid) {
      if (grid.length > 0) throw new Error(`A nonnegative dictionary takes vectors; got a grid ${grid.join(" x ")}.`);
    },
    copy: () => nonnegativeDictionary({ inputs, concepts }, parameter),
    toConfig: () => ({ kind: "nonnegative", inputs, concepts }),
    dispose: () => parameter.dispose(),
  };
}
