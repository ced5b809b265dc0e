import { SaenoError } from "@saeno/backend";

/** Types of floating-point numbers as PyTorch calls them. */
export type FloatName = "float32" | "float64" | "float16" | "bfloat16";

/** Numbers of this size and beyond are infinite in float32. */
export const floatLimit: number = (2 - 2 ** -24) * 2 ** 127;

/** Numbers from here on are rounded to infinity. */
const limits: Readonly<Record<FloatName, number>> = {
  float64: Number.POSITIVE_INFINITY,
  float32: floatLimit,
  float16: 65520,
  bfloat16: (2 - 2 ** -8) * 2 ** 127,
};

/** @throws SaenoError `interop.weights` for a tensor with numbers that a file of this type cannot hold. */
export function checkHeld(name: string, values: ArrayLike<number>, type: FloatName): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Math.abs(value) < limits[type]) continue;
    const problem = Number.isFinite(value)
      ? `${value.toPrecision(3)}, which ${type} cannot hold; write it as float32`
      : "NaN or infinite values: the model is damaged, or its training diverged";
    throw new SaenoError("interop.weights", `"${name}" holds ${problem}.`, { kind: "data" });
  }
}
