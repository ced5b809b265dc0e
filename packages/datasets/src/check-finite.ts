import { SaenoError } from "@saeno/backend";

/** @throws SaenoError `data.nan` naming the first sample that holds NaN or an infinite value. */
export function checkFinite(name: string, values: ArrayLike<number>, sampleSize: number): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new SaenoError(
        "data.nan",
        `${name}: sample ${Math.floor(i / sampleSize)} holds ${values[i]} at its entry ${i % sampleSize}. Remove or repair such samples first.`,
        { kind: "data" },
      );
    }
  }
}
