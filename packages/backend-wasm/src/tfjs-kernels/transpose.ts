import { zeros } from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replace-kernel.ts";

/** tfjs's wasm transpose divides by zero for a tensor without entries, such as an empty batch. */
export function registerTranspose(): void {
  replaceKernel<"x", { readonly perm: number[] }>("Transpose", ({ inputs, attributes, original }) => {
    const { shape, dtype } = inputs.x;
    if (!shape.includes(0)) return original(inputs, attributes);
    return zeros(
      attributes.perm.map((axis) => shape[axis]),
      dtype,
    );
  });
}
