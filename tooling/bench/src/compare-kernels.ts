import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Configuration } from "./configurations.ts";

/** What a computing process is asked to do: JSON, its last argument. */
export interface ComputeTask {
  readonly configuration: Configuration;
  /** The backend's own kernels, or the composites of the contracts and loops. */
  readonly kernels: "own" | "composite";
  /** Where to write the arrays, float32, one after the other. */
  readonly file: string;
}

export interface Comparison {
  readonly name: string;
  /** Chosen concepts and kept points that are not the same on both sides: near ties that rounding decides. */
  readonly selections: { readonly different: number; readonly of: number };
  /** `max |a - b| / max |b|` of codes that both kept, and of each parameter's gradient `|a - b| / |b|`. */
  readonly deviations: Readonly<Record<string, number>>;
}

/** Codes and gradients of one configuration by the backend's own kernels against the composites, each in a process of its own. */
export async function compareKernels(configuration: Configuration, flags: readonly string[]): Promise<Comparison> {
  const folder = mkdtempSync(join(tmpdir(), "saeno-compare-"));
  try {
    const [own, composite] = [
      await compute({ configuration, kernels: "own", file: join(folder, "own") }, flags),
      await compute({ configuration, kernels: "composite", file: join(folder, "composite") }, flags),
    ];
    return compare(configuration.name, own, composite);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compute(task: ComputeTask, flags: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
  const script = fileURLToPath(new URL("./compute.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, JSON.stringify(task)]);
  const parts = JSON.parse(stdout) as { readonly name: string; readonly length: number }[];
  const { buffer, byteOffset } = readFileSync(task.file);
  let begin = byteOffset;
  return new Map(
    parts.map(({ name, length }) => {
      const values = new Float32Array(buffer.slice(begin, begin + 4 * length));
      begin += 4 * length;
      return [name, values];
    }),
  );
}

/** Compares named arrays: `values`, where sparse with `concepts` and `positions`, and gradients. */
export function compare(
  name: string,
  own: ReadonlyMap<string, Float32Array>,
  reference: ReadonlyMap<string, Float32Array>,
): Comparison {
  const get = (arrays: ReadonlyMap<string, Float32Array>, key: string) => arrays.get(key) ?? new Float32Array(0);
  const kept = (arrays: ReadonlyMap<string, Float32Array>) => {
    const [values, concepts, positions] = ["values", "concepts", "positions"].map((key) => get(arrays, key)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    // Dense codes have chosen what is not zero.
    if (concepts.length === 0) return { values, place: (i: number) => String(values[i] !== 0) };
    const points = values.length / concepts.length;
    return { values, place: (i: number) => `${concepts[Math.floor(i / points)]}/${positions[i]}` };
  };
  const [a, b] = [kept(own), kept(reference)];
  let [different, largest, deviation] = [0, 0, 0];
  for (let i = 0; i < b.values.length; i++) {
    const value = b.values[i];
    largest = Math.max(largest, Math.abs(value));
    if (a.place(i) !== b.place(i)) different++;
    else deviation = Math.max(deviation, Math.abs(a.values[i] - value));
  }
  const deviations: Record<string, number> = { codes: largest > 0 ? deviation / largest : deviation };
  for (const [key, gradient] of reference) {
    if (key.startsWith("gradient")) deviations[key] = distance(get(own, key), gradient);
  }
  return { name, selections: { different, of: b.values.length }, deviations };
}

/** `|a - b| / |b|`, Euclidean. */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(size > 0 ? difference / size : difference);
}

/** One line for people. */
export function describeComparison({ name, selections, deviations }: Comparison): string {
  const numbers = Object.entries(deviations).map(([key, value]) => `${key} ${value.toExponential(1)}`);
  return `${name}: ${selections.different} of ${selections.of} selections differ; ${numbers.join(", ")}`;
}
