import { add, div, keep, mul, sub, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";

/** A tensor with some rows (first axis) replaced by the mean of all others, zero where there are none, kept; the one given is disposed. */
export function withMeanRows(x: Tensor, rows: readonly number[]): Tensor {
  const [count, ...rest] = x.shape as [number, ...number[]];
  const others = new Float32Array(count).fill(1);
  for (const row of rows) others[row] = 0;
  const left = others.reduce((a, b) => a + b, 0);
  const result = tidy(() => {
    const mask = tensor(others, [count, ...rest.map(() => 1)]);
    const masked = mul(x, mask);
    const mean = div(sum(masked, 0, true), Math.max(1, left));
    return keep(add(masked, mul(mean, sub(1, mask))));
  });
  x.dispose();
  return result;
}
