import {
  broadcast_util,
  reshape,
  type Tensor,
  type TensorInfo,
  tidy,
  transpose,
  util,
  zeros,
} from "@tensorflow/tfjs-core";
import { replaceKernel, type TfjsCall } from "./replace-kernel.ts";

export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * tfjs's wasm matrix product is fast for two plain matrices and ten to fifty times slower for a transposed factor or a
 * batch. Transposing first, and folding a batch that shares its right factor into the rows, keeps to the fast path.
 */
export function registerMatMul(): void {
  replaceKernel<"a" | "b", Transposes>("BatchMatMul", (call) =>
    // What the kernel returns is not a tensor yet, so tidy leaves it alone.
    tidy(() => matMul(call) as Tensor),
  );
}

function matMul({ inputs, attributes, original }: TfjsCall<"a" | "b", Transposes>): TensorInfo {
  // Every input of a tfjs kernel is a Tensor, although its types promise less.
  const [left, right] = [inputs.a, inputs.b] as [Tensor, Tensor];
  const product = (a: Tensor, b: Tensor) => original({ a, b }, { transposeA: false, transposeB: false });
  const a = attributes.transposeA ? transposeLast(left) : left;
  const b = attributes.transposeB ? transposeLast(right) : right;
  // tfjs's kernel leaves the result of an empty product uninitialized.
  if (a.size === 0 || b.size === 0) return zeros(productShape(a.shape, b.shape));
  const sharedB = util.sizeFromShape(b.shape.slice(0, -2)) === 1;
  if (!sharedB || a.rank === 2) return product(a, b);
  const inner = a.shape[a.rank - 1];
  const columns = b.shape[b.rank - 1];
  const flat = product(reshape(a, [-1, inner]), reshape(b, [inner, columns]));
  return { ...flat, shape: productShape(a.shape, b.shape) };
}

/** The shape of the product of two batches of matrices, one broadcast to the other. */
export function productShape(a: readonly number[], b: readonly number[]): number[] {
  const batch = broadcast_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  return [...batch, a[a.length - 2], b[b.length - 1]];
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const last = x.rank - 1;
  return transpose(x, [...axes.slice(0, -2), last, last - 1]);
}
