import { sizeOf } from "@saeno/backend";
import { reshape, type Tensor, transpose } from "@tensorflow/tfjs-core";

/** `[B, ...N, C]` to rows `[B C, ...N]`: one function per channel. */
export function toRows(x: Tensor): Tensor {
  const [batch, ...rest] = x.shape as [number, ...number[]];
  const channels = rest[rest.length - 1];
  const inner = rest.slice(0, -1);
  if (channels === 1) return reshape(x, [batch, ...inner]);
  const flat = transpose(reshape(x, [batch, sizeOf(inner), channels]), [0, 2, 1]);
  return reshape(flat, [batch * channels, ...inner]);
}

/** Rows `[B C, ...N]` back to `[B, ...N, C]`. */
export function fromRows(rows: Tensor, channels: number): Tensor {
  const [count, ...inner] = rows.shape as [number, ...number[]];
  const batch = count / channels;
  if (channels === 1) return reshape(rows, [batch, ...inner, 1]);
  const flat = transpose(reshape(rows, [batch, channels, sizeOf(inner)]), [0, 2, 1]);
  return reshape(flat, [batch, ...inner, channels]);
}
