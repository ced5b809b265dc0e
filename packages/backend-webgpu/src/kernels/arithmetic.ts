/** Sums, differences and products where one operand is repeated along the first axes at most: tfjs's programs cost the host several times as much. */
import { sizeOf } from "@saeno/backend";
import { replaceKernel } from "../repaired-kernels.ts";
import { eachEntry } from "./elementwise.ts";
import type { GpuBackend } from "./program.ts";

const operators = { Add: "+", Sub: "-", Multiply: "*" };

export function registerArithmetic(backend: GpuBackend): void {
  for (const [kernelName, operator] of Object.entries(operators)) {
    replaceKernel(kernelName, ({ a, b }, _, original) => {
      if (a?.dtype !== "float32" || b?.dtype !== "float32") return original();
      const [ofA, ofB] = [sizeOf(a.shape), sizeOf(b.shape)];
      const [long, short] = ofA > ofB || (ofA === ofB && a.shape.length >= b.shape.length) ? [a, b] : [b, a];
      if (!endsIn(long.shape, short.shape)) return original();
      const value = `a[i % u.ofA] ${operator} b[i % u.ofB]`;
      return eachEntry(backend, kernelName, { a, b }, long.shape, value, { sizes: { ofA, ofB } });
    });
  }
  replaceKernel("Neg", ({ x }, _, original) =>
    x?.dtype === "float32" ? eachEntry(backend, "Neg", { x }, x.shape, "-x[i]") : original(),
  );
}

/** Whether a shape, without the ones that it begins with, is the end of another, which has no fewer axes. */
function endsIn(long: readonly number[], short: readonly number[]): boolean {
  if (short.length > long.length) return false;
  const first = short.findIndex((length) => length !== 1);
  const rest = first < 0 ? [] : short.slice(first);
  return rest.every((length, i) => length === long[long.length - rest.length + i]);
}
