import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sizeOf } from "@saeno/backend";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { memoryBytes } from "../bytes/byte-source.ts";
import { folderZarrStore } from "../node/folder-store.ts";
import type { ArraySource } from "./array-source.ts";
import { openZarr } from "./zarr.ts";
import { zipZarrStore } from "./zarr-zip.ts";

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
}
const tmp = mkdtempSync(join(tmpdir(), "zarr-"));
for (const file of ["zarr2.zip", "zarr3.zip"]) {
  for (const [k, v] of Object.entries(unzipSync(readFileSync(join(folder, file))))) {
    const p = join(tmp, file, k);
    mkdirSync(dirname(p), { recursive: true });
    writeFileSync(p, v);
  }
  describe(file, () => {
    test.each(Object.keys(all[file]))("%s", async (name) => {
      const zip = await zipZarrStore(memoryBytes(readFileSync(join(folder, file)), file));
      await check(await openZarr(zarrita, zip, name), all[file][name]);
      await check(await openZarr(zarrita, folderZarrStore(join(tmp, file)), name), all[file][name]);
    });
    test("refused", async () => {
      const s = folderZarrStore(join(tmp, file));
      for (const n of ["", "refused", ...((await s.list?.("refused")) ?? []).map((n) => `refused/${n}`)])
        console.log(
          n,
          await openZarr(zarrita, s, n).then(
            (s) => s.shape,
            (e) => `${e.code}: ${e.message}`,
          ),
        );
    });
  });
}
