import { toDense } from "@saeno/activations";
import { createRandom } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, type SafetensorsType } from "@saeno/datasets";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

export type Matrix = readonly (readonly number[])[];
export type Vector = readonly number[];

/** Float32 numbers, so that what a file holds is what the loops see. */
export function normals(rows: number, columns: number, seed: number, scale = 1): number[][] {
  const values = createRandom(seed).normals(rows * columns);
  return Array.from({ length: rows }, (_, i) =>
    Array.from(values.subarray(i * columns, (i + 1) * columns), (value) => Math.fround(value * scale)),
  );
}

export const vector = (length: number, seed: number, scale = 1): number[] =>
  normals(1, length, seed, scale)[0];

export const transpose = (matrix: Matrix): number[][] =>
  (matrix[0]).map((_, column) => matrix.map((row) => row[column]));

/** `x M` of rows x `[B, a]` and a matrix `[a, b]`. */
export const times = (x: Matrix, matrix: Matrix): number[][] =>
  x.map((row) => transpose(matrix).map((column) => column.reduce((sum, value, i) => sum + value * (row[i]), 0)));

export const plus = (x: Matrix, y: Vector, sign = 1): number[][] =>
  x.map((row) => row.map((value, i) => value + sign * (y[i])));

export const scaledBy = (x: Matrix, y: Vector, power = 1): number[][] =>
  x.map((row) => row.map((value, i) => value * (y[i]) ** power));

export const relu = (x: Matrix): number[][] => x.map((row) => row.map((value) => Math.max(value, 0)));

export const jump = (x: Matrix, thresholds: Vector): number[][] =>
  x.map((row) => row.map((value, k) => (value > (thresholds[k]) ? Math.max(value, 0) : 0)));

export const largest = (x: Matrix, k: number): number[][] =>
  x.map((row) => {
    const kept = row.map((value, i) => ({ value, i })).sort((a, b) => b.value - a.value).slice(0, k);
    return row.map((value, i) => (kept.some((entry) => entry.i === i) ? Math.max(value, 0) : 0));
  });

export const rowNorms = (matrix: Matrix): number[] => matrix.map((row) => Math.hypot(...row));

/** A safetensors file of matrices, vectors and numbers. */
export function file(
  tensors: Readonly<Record<string, Matrix | Vector | number>>,
  dtype: SafetensorsType = "F32",
): Uint8Array {
  return encodeSafetensors(
    Object.fromEntries(
      Object.entries(tensors).map(([name, value]) => {
        if (typeof value === "number") return [name, { dtype, shape: [], values: [value] }];
        const rows = value as readonly (Vector | number)[];
        const [first] = rows;
        const shape = typeof first === "object" ? [rows.length, first.length] : [rows.length];
        return [name, { dtype, shape, values: rows.flat() as number[] }];
      }),
    ),
  );
}

/** A file with another tensor of four bytes at its end, of any type. */
export function withTensor(bytes: Uint8Array, name: string, dtype: string): Uint8Array {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const end = bytes.length - 8 - length;
  const shape = dtype === "F4" ? [8] : [4];
  const text = new TextEncoder().encode(JSON.stringify({ ...header, [name]: { dtype, shape, data_offsets: [end, end + 4] } }));
  const made = new Uint8Array(8 + text.length + end + 4);
  new DataView(made.buffer).setBigUint64(0, BigInt(text.length), true);
  made.set(text, 8);
  made.set(bytes.subarray(8 + length), 8 + text.length);
  return made;
}

/** Codes and reconstructions of a model. */
export async function outputs(model: SparseAutoencoder, x: Matrix): Promise<{ codes: number[][]; output: number[][] }> {
  const [codes, output] = tidy(() => {
    const pass = model.forward(tensor(x as number[][]));
    return [toDense(pass.codes), pass.reconstruction];
  });
  const result = {
    codes: ((await codes?.array()) ?? []) as number[][],
    output: ((await output?.array()) ?? []) as number[][],
  };
  codes?.dispose();
  output?.dispose();
  return result;
}

export function expectClose(found: Matrix, expected: Matrix, tolerance = 2e-5): void {
  expect(found.length).toBe(expected.length);
  let worst = 0;
  found.forEach((row, i) => {
    expect(row.length).toBe((expected[i]).length);
    row.forEach((value, j) => {
      worst = Math.max(worst, Math.abs(value - ((expected[i])[j])));
    });
  });
  expect(worst).toBeLessThan(tolerance);
}

/** That a model computes these codes and outputs; and that it was not a comparison of zeros. */
export async function expectModel(
  model: SparseAutoencoder | Promise<SparseAutoencoder>,
  x: Matrix,
  expected: { readonly codes: Matrix; readonly output: Matrix },
  tolerance?: number,
): Promise<void> {
  const found = await outputs(await model, x);
  expect(found.codes.flat().some((value) => value > 0.05)).toBe(true);
  expect(found.codes.flat().some((value) => value === 0)).toBe(true);
  expectClose(found.codes, expected.codes, tolerance);
  expectClose(found.output, expected.output, tolerance);
}
