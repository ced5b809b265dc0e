import { sizeOf } from "../spectrum.ts";

/** A row-major float64 array, which the references compute with. */
export interface ReferenceArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** The type of the tensor it stands for. */
  readonly dtype: "float32" | "int32";
}

export type ReferenceArrays<Name extends string> = Readonly<Record<Name, ReferenceArray>>;

export function zeros(shape: readonly number[], dtype: ReferenceArray["dtype"] = "float32"): ReferenceArray {
  return { shape, values: new Float64Array(sizeOf(shape)), dtype };
}

/** An array whose rows are written out by hand. */
export function arrayOfRows(rows: readonly (readonly number[])[], dtype?: ReferenceArray["dtype"]): ReferenceArray {
  const array = zeros([rows.length, rows[0]?.length ?? 0], dtype);
  array.values.set(rows.flat());
  return array;
}
