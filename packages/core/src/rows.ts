/** Operations of dictionaries on tensors with a row for each concept, and with channels along their last axis. */
import { decodeRows, sumRows } from "@saeno/backend";
import {
  add,
  cast,
  customGrad,
  div,
  equal,
  gather,
  matMul,
  mul,
  neg,
  ones,
  range,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  zeros,
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

/**
 * A bias `[K]` as it is, but with the gradient of the center `[n]`: for products of rows `[K, n]` with `x - center`, where the center is held fixed and this
 * bias is added. A bias and the center move each product by the same amount in every sample, so the center's gradient is `-sum_k g_k row_k`, with g `[K]` that
 * of the bias: 2 K n operations instead of the product of all codes' gradients with the rows.
 */
export function biasOfCentered(bias: Tensor1D, center: Tensor1D, rows: Tensor2D): Tensor1D {
  return customGrad((...given) => {
    const [own, from] = given as Tensor1D[];
    return {
      value: own.clone(),
      gradFunc: (upstream: Tensor) => [
        upstream.clone(),
        neg(reshape(sumRows({ rows, weights: upstream }, {}).sum, from.shape)),
      ],
    };
  })(bias, center) as Tensor1D;
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

/** `A v` for every vector v along the last axis: x `[..., n]`, A `[m, n]` to `[..., m]`. */
export function mapLastAxis(x: Tensor, matrix: Tensor2D): Tensor {
  const rows = reshape(x, [-1, x.shape[x.rank - 1]]) as Tensor2D;
  return reshape(matMul(rows, matrix, false, true), [...x.shape.slice(0, -1), matrix.shape[0]]);
}

/** The matrix `[n, n]` with these values `[n]` on its diagonal. */
export function diagonal(values: Tensor): Tensor2D {
  const indices = range(0, values.size, 1, "int32");
  return mul(cast(equal(reshape(indices, [-1, 1]), indices), "float32"), values) as Tensor2D;
}

/** Some rows (int32, `[m]`) of x `[K, ..]`, `[m, ..]`, differentiable. Unlike that of tfjs's `gather`, its gradient costs only what it holds. */
export function rowsAt<T extends Tensor>(x: T, rows: Tensor1D): T {
  const concepts = reshape(rows, [-1, 1]);
  const { x: found } = decodeRows({ values: ones(concepts.shape), concepts, atoms: flatRows(x) }, {});
  return reshape(found, [rows.size, ...x.shape.slice(1)]) as T;
}

/** The biases `[K]` of chosen concepts `[B, k]` (int32), `[B, k]`, differentiable. */
export function biasAt(bias: Tensor1D, concepts: Tensor2D): Tensor2D {
  // tfjs cannot gather nothing.
  if (concepts.size === 0) return zeros(concepts.shape);
  return reshape(gather(bias, reshape(concepts, [-1])), concepts.shape);
}
