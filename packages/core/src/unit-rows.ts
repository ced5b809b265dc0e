import {
  add,
  div,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import type { AssignOptions } from "./dictionary.ts";

/** The squared Euclidean norm of each row (first axis) of a tensor, `[K]`. */
export function squaredRowNorms(x: Tensor): Tensor1D {
  return sum(square(flatRows(x)), 1) as Tensor1D;
}

/** Rows scaled to unit norm. A row of zeros stays one. */
export function unitRows(x: Tensor): Tensor {
  const norms = reshape(sqrt(squaredRowNorms(x)), [-1, 1]);
  return reshape(div(flatRows(x), add(norms, 1e-12)), x.shape);
}

/** A gradient without its component along each row of unit norm: what moves the atom on the sphere. */
export function withoutParallel(gradient: Tensor, atoms: Tensor): Tensor {
  const [g, d] = [flatRows(gradient), flatRows(atoms)];
  const along = sum(mul(g, d), 1, true);
  return reshape(sub(g, mul(along, d)), gradient.shape);
}

/** A tensor as a matrix, its first axis the rows. */
function flatRows(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], -1]);
}

/** Writes rows `[m, ..]` into a parameter whose rows are atoms: what `Dictionary.assign` comes down to where they are. */
export function assignRows(parameter: Variable, rows: Tensor, options: AssignOptions = {}): void {
  const { concepts, norm = "unit" } = options;
  tidy(() => {
    const scaled = norm === "given" ? rows : unitRows(rows);
    if (concepts === undefined) {
      parameter.assign(reshape(scaled, parameter.shape));
      return;
    }
    const values = Float32Array.from(parameter.dataSync());
    const [from, size] = [scaled.dataSync(), values.length / parameter.shape[0]];
    concepts.forEach((concept, i) => {
      const target = values.subarray(concept * size, (concept + 1) * size);
      const factor = typeof norm === "object" ? norm.kept * Math.sqrt(target.reduce((all, v) => all + v ** 2, 0)) : 1;
      for (let j = 0; j < size; j++) target[j] = from[i * size + j] * factor;
    });
    parameter.assign(tensor(values, parameter.shape));
  });
}
