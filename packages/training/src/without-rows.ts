import { keep, mul, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/** A tensor with some rows (first axis) set to zero, kept; the one given is disposed. */
export function withoutRows(x: Tensor, rows: readonly number[]): Tensor {
  const [count, ...rest] = x.shape as [number, ...number[]];
  const mask = new Float32Array(count).fill(1);
  for (const row of rows) mask[row] = 0;
  const result = tidy(() => keep(mul(x, tensor(mask, [count, ...rest.map(() => 1)]))));
  x.dispose();
  return result;
}
