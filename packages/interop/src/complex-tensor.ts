import { SaenoError, sizeOf } from "@saeno/backend";
import type { Safetensors, SafetensorsSource } from "@saeno/datasets";

/** Complex numbers of any shape, row-major. */
export interface ComplexTensor {
  readonly shape: readonly number[];
  readonly re: ArrayLike<number>;
  readonly im: ArrayLike<number>;
}

/**
 * A complex tensor of a safetensors file, in whichever of three ways it was saved:
 *
 * - `name` of type C64 (`save_file` of newer safetensors on a complex64 tensor);
 * - `name` real, with a last axis of 2 (`torch.view_as_real(weight)`);
 * - `name.real` and `name.imag`, or `name_real` and `name_imag`, two real tensors of one shape.
 *
 * @throws SaenoError `interop.complex` if it is there in none of these ways.
 */
export function complexTensor({ tensors }: Pick<Safetensors, "tensors">, name: string): ComplexTensor {
  const whole = tensors.get(name);
  if (whole !== undefined) {
    if (whole.shape.at(-1) !== 2)
      throw complexError(
        `"${name}" has the shape [${whole.shape.join(", ")}]; complex numbers have a last axis of 2 (torch.view_as_real).`,
      );
    const count = whole.values.length / 2;
    const part = (offset: number) => Float64Array.from({ length: count }, (_, i) => whole.values[2 * i + offset]);
    return { shape: whole.shape.slice(0, -1), re: part(0), im: part(1) };
  }
  for (const separator of [".", "_"]) {
    const re = tensors.get(`${name}${separator}real`);
    const im = tensors.get(`${name}${separator}imag`);
    if (re === undefined || im === undefined) continue;
    if (re.shape.join() !== im.shape.join())
      throw complexError(
        `The real part of "${name}" has the shape [${re.shape.join(", ")}], the imaginary one [${im.shape.join(", ")}].`,
      );
    return { shape: re.shape, re: re.values, im: im.values };
  }
  throw complexError(
    `There is no complex tensor "${name}": neither one with a last axis of 2, nor "${name}.real" and "${name}.imag". The file has: ${[...tensors.keys()].join(", ") || "none"}.`,
  );
}

/**
 * A complex tensor for `encodeSafetensors`: float32 with a last axis of 2, which every version reads (`torch.view_as_complex`), or C64.
 */
export function complexSource({ shape, re, im }: ComplexTensor, dtype: "F32" | "C64" = "F32"): SafetensorsSource {
  const values = new Float32Array(2 * sizeOf(shape));
  for (let i = 0; i < values.length; i += 2) {
    values[i] = re[i / 2];
    values[i + 1] = im[i / 2];
  }
  return { dtype, shape: [...shape, 2], values };
}

function complexError(message: string): SaenoError {
  return new SaenoError("interop.complex", message, { kind: "data" });
}
