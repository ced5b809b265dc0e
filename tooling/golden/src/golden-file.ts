import { readFileSync } from "node:fs";
import { SaenoError } from "@saeno/backend";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";

export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** A file of arrays that an independent float64 implementation computed. */
export interface GoldenFile {
  readonly spec: string;
  readonly case: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, GoldenArray>>;
  readonly outputs: Readonly<Record<string, GoldenArray>>;
}

/** What the public API gave for a golden file, by the names of its outputs. */
export type Computed = Readonly<Record<string, Tensor | readonly number[]>>;

export function readGoldenFile(path: string): GoldenFile {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new SaenoError("golden.file", `${path} is not a readable JSON file: ${(cause as Error).message}`, {
      kind: "data",
      cause,
    });
  }
  const file = content as GoldenFile;
  if (typeof file?.spec !== "string" || typeof file.inputs !== "object" || typeof file.outputs !== "object") {
    throw new SaenoError("golden.file", `${path} is not a golden file: it needs "spec", "inputs" and "outputs".`, {
      kind: "data",
    });
  }
  return file;
}

export function toTensor(array: GoldenArray | undefined): Tensor {
  if (array === undefined)
    throw new SaenoError("golden.input", "The golden file lacks an input that its kind needs.", { kind: "data" });
  return tensor(Float32Array.from(array.data), [...array.shape]);
}

/** The largest deviation of an output relative to the largest expected entry of that output. */
export function deviation(computed: Tensor | readonly number[], expected: GoldenArray): number {
  const values = Array.isArray(computed) ? (computed as number[]) : (computed as Tensor).dataSync();
  if (values.length !== expected.data.length) return Number.POSITIVE_INFINITY;
  let [largest, scale] = [0, 0];
  expected.data.forEach((value, i) => {
    const difference = Math.abs(values[i] - value);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
    scale = Math.max(scale, Math.abs(value));
  });
  return largest === 0 ? 0 : largest / Math.max(scale, 1e-30);
}
