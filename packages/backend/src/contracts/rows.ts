import { add, gather, range, reshape, scatterND, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";

/** Entries of each row: x `[R, n]`, indices `[R, k]` (int32) to values `[R, k]`. */
export const gatherRows: Contract<"x" | "indices", "values", object> = defineContract({
  name: "SaenoGatherRows",
  inputs: ["x", "indices"],
  outputs: ["values"],
  composite({ x, indices }) {
    const flat = reshape(x, [-1]);
    return { values: reshape(gather(flat, flatIndices(indices, x.shape[1] as number)), indices.shape) };
  },
  gradient: {
    saves: ["x", "indices"],
    backward(upstream, { x, indices }) {
      return { x: () => scatterRows({ values: upstream.values, indices }, { size: x.shape[1] as number }).x };
    },
  },
});

/** Its adjoint: values `[R, k]` added to rows of zeros at indices `[R, k]`, to x `[R, size]`. */
export const scatterRows: Contract<"values" | "indices", "x", { readonly size: number }> = defineContract({
  name: "SaenoScatterRows",
  inputs: ["values", "indices"],
  outputs: ["x"],
  composite({ values, indices }, { size }) {
    const rows = values.shape[0];
    const positions = reshape(flatIndices(indices, size), [-1, 1]);
    return { x: reshape(scatterND(positions, reshape(values, [-1]), [rows * size]), [rows, size]) };
  },
  gradient: {
    saves: ["indices"],
    backward(upstream, { indices }) {
      return { values: () => gatherRows({ x: upstream.x, indices }, {}).values };
    },
  },
});

/** Indices within rows of `size` entries as indices into all of them, `[R k]`. */
export function flatIndices(indices: Tensor, size: number): Tensor1D {
  const rows = indices.shape[0];
  const offsets = reshape(range(0, rows * size, size, "int32"), [rows, 1]);
  return reshape(add(indices, offsets), [-1]);
}
