import { type Tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * The values of a tensor that is computed for them alone. Reads synchronously.
 *
 * Not `tidy(() => compute().dataSync())`: tfjs looks for tensors in what `tidy` returns, in every entry of an array.
 */
export function hostValues(compute: () => Tensor): Float32Array {
  let values: Float32Array = new Float32Array(0);
  tidy(() => {
    values = compute().dataSync<"float32">();
  });
  return values;
}
