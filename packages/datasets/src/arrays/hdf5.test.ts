import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sizeOf } from "@saeno/backend";
import * as h5wasm from "h5wasm/node";
import { describe, expect, test } from "vitest";
import type { ArraySource } from "./array-source.ts";
import { openHdf5 } from "./hdf5.ts";

interface Expected {
  readonly shape: readonly number[];
  readonly type: string;
  readonly axes: readonly string[] | null;
  readonly values: string;
}

const folder = join(import.meta.dirname, "__fixtures__/stores");
const all: Record<string, Record<string, Expected>> = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

function valuesOf({ values }: Expected): Float64Array {
  return new Float64Array(Uint8Array.from(Buffer.from(values, "base64")).buffer);
}
async function check(source: ArraySource, e: Expected) {
  const values = valuesOf(e);
  expect([source.shape, source.type, source.axes ?? null]).toEqual([e.shape, e.type, e.axes]);
  const got = await source.read(
    e.shape.map(() => 0),
    e.shape,
  );
  expect(Float64Array.from(got)).toEqual(values);
  const from = e.shape.map((n) => Math.floor(n / 3)),
    to = e.shape.map((n) => Math.max(n - 1, Math.floor(n / 3) + 1));
  const part = await source.read(from, to);
  expect(part.length).toBe(sizeOf(to.map((t, i) => t - from[i])));
}
for (const file of ["h5py.h5", "latest.h5", "matlab.mat"]) {
  describe(file, () => {
    test.each(Object.keys(all[file]))("%s", async (name) => {
      const source = await openHdf5(h5wasm, join(folder, file), name);
      console.log(source.name.slice(-20), source.notes, source.chunks);
      await check(source, all[file][name]);
      await source.close?.();
    });
  });
}
test.each([
  "h5py.h5 /",
  "matlab.mat /",
  ...[
    "complex",
    "records",
    "text",
    "long-double",
    "scalar",
    "empty",
    "strings",
    "arrays",
    "external",
    "lzf",
    "large-chunks",
    "virtual",
    "gone",
    "elsewhere",
    "twelve-bits",
    "nope",
  ].map((n) => `h5py.h5 refused/${n}`),
  "h5py.h5 big",
  ...["nu", "empty", "name", "cell", "z", "t"].map((n) => `matlab.mat ${n}`),
  "zarr2.zip ",
  "expected.json ",
  "nope.h5 ",
  "../. ",
])("%s", async (t) => {
  const [f, n] = t.split(" ");
  const e = await openHdf5(h5wasm, join(folder, f), n || undefined).then(
    (s) => s.shape,
    (e) => `${e.code}: ${e.message}`,
  );
  console.log(t, e);
});
