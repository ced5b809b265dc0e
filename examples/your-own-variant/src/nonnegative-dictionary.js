import { densePreCodes, toDense } from "@saeno/activations";
import { trainable } from "@saeno/backend";
import { unitRows } from "@saeno/core";
import { abs, add, matMul, norm, relu, reshape, tensor, tidy } from "@tensorflow/tfjs-core";

/** Vectors without negative entries, as in non-negative matrix factorization: parts can be added, never taken off again. `[B, n]`. */
export function nonnegativeDictionary({ inputs, concepts }, start) {
  const shape = [concepts, inputs];
  const initial = () => ("normals" in start ? unitRows(abs(tensor(start.normals(concepts * inputs), shape))) : start);
  const parameter = tidy(() => trainable(initial()));
  const atoms = () => relu(parameter);
  const correlate = (x) => tidy(() => matMul(x, atoms(), false, true));
  return {
    kind: "nonnegative",
    conceptCount: concepts,
    channels: inputs,
    parameter,
    parameterName: "atoms",
    synthesize: (codes) => tidy(() => matMul(toDense(codes), atoms())),
    correlate,
    preCodes: (x, bias) => densePreCodes(bias === undefined ? correlate(x) : add(correlate(x), bias)),
    atoms: () => tidy(atoms),
    norms: () => tidy(() => norm(atoms(), 2, 1)),
    normalize: () => tidy(() => parameter.assign(unitRows(atoms()))),
    rowsOf: (functions) => reshape(functions, [-1, inputs]),
    checkGrid(grid) {
      if (grid.length > 0) throw new Error(`A nonnegative dictionary takes vectors; got a grid ${grid.join(" x ")}.`);
    },
    copy: () => nonnegativeDictionary({ inputs, concepts }, parameter),
    toConfig: () => ({ kind: "nonnegative", inputs, concepts }),
    dispose: () => parameter.dispose(),
  };
}
