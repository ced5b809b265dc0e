import { replaceKernel } from "./replace-kernel.ts";

/**
 * A clone that shares its values, as in tfjs's other backends. The wasm backend copies them, and the gradient tape clones every tensor
 * that it keeps.
 */
export function registerIdentity(): void {
  replaceKernel<"x", object>("Identity", ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x;
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  });
}
