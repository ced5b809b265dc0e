import { add, div, mul, reshape, sqrt, square, sub, sum, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";

/** The Euclidean norm of each row (first axis) of a tensor, `[K]`. */
export function rowNorms(x: Tensor): Tensor1D {
  return sqrt(sum(square(flatRows(x)), 1)) as Tensor1D;
}

/** Rows scaled to unit norm. A row of zeros stays one. */
export function unitRows(x: Tensor): Tensor {
  const norms = reshape(rowNorms(x), [-1, 1]);
  return reshape(div(flatRows(x), add(norms, 1e-12)), x.shape);
}

/** A gradient without its component along each row of unit norm: what moves the atom on the sphere. */
export function withoutParallel(gradient: Tensor, atoms: Tensor): Tensor {
  const [g, d] = [flatRows(gradient), flatRows(atoms)];
  const along = sum(mul(g, d), 1, true);
  return reshape(sub(g, mul(along, d)), gradient.shape);
}

/** A tensor as a matrix, its first axis the rows. */
export function flatRows(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], -1]);
}
