/** The files that `write-stores.py` writes, and what NumPy reads from them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { ArraySource } from "../array-source.ts";

export interface ExpectedArray {
  readonly shape: readonly number[];
  readonly type: string;
  readonly axes: readonly string[] | null;
  readonly values: Float64Array;
}

export const stores: string = join(import.meta.dirname, "stores");

export function expectedArrays(folder: string, file: string): ReadonlyMap<string, ExpectedArray> {
  const all = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  return new Map(
    Object.entries<ExpectedArray & { readonly values: string }>(all[file] ?? {}).map(([name, { values, ...rest }]) => [
      name,
      { ...rest, values: new Float64Array(Uint8Array.from(Buffer.from(values, "base64")).buffer) },
    ]),
  );
}

/** Form, type, axes, and every number: whole, and by boxes that are not chunks. */
export async function expectEqual(source: ArraySource, { shape, type, axes, values }: ExpectedArray): Promise<void> {
  expect([source.shape, source.type, source.axes ?? null]).toEqual([shape, type, axes]);
  const start = shape.map(() => 0);
  expect(Float64Array.from(await source.read(start, shape))).toEqual(values);
  const [from, to] = [shape.map((size) => Math.floor(size / 3)), shape.map((size) => Math.max(1, size - 1))];
  const inside = Array.from(values).filter((_, at) => {
    let rest = at;
    return shape
      .map((_, axis) => {
        const below = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const index = Math.floor(rest / below);
        rest %= below;
        return index;
      })
      .every((index, axis) => index >= from[axis] && index < to[axis]);
  });
  expect(Array.from(await source.read(from, to))).toEqual(inside);
  expect((await source.read(start, start)).length).toBe(0);
  await source.close?.();
}

/** The same files, made now by Python; nothing where it lacks the libraries. `remove` deletes them. */
export function freshStores(writer: "write_hdf5" | "write_zarr"): { readonly folder: string; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), "saeno-stores-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const script = join(import.meta.dirname, "write-stores.py");
  const { stdout } = spawnSync("python3", [script, folder], { encoding: "utf8" });
  if (stdout?.includes(writer)) return { folder, remove };
  remove();
  return undefined;
}
