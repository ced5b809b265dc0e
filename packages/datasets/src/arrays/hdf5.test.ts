import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as h5wasm from "h5wasm/node";
import { afterAll, describe, expect, test } from "vitest";
import { expectEqual, expectedArrays, freshStores, stores } from "./__fixtures__/expected.ts";
import { openHdf5 } from "./hdf5.ts";

const folder = mkdtempSync(join(tmpdir(), "saeno-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = ["h5py.h5", "latest.h5", "matlab.mat"];
const problemOf = (file: string, dataset?: string) =>
  openHdf5(h5wasm, join(stores, file), dataset).then(
    () => "none",
    ({ code, message }) => `${code}: ${message.replaceAll(`${stores}/`, "")}`,
  );

describe.each(files)("%s reads as NumPy reads it", (file) => {
  test.each([...expectedArrays(stores, file)])("%s", async (name, expected) => {
    await expectEqual(await openHdf5(h5wasm, join(stores, file), name), expected);
  });
});

test("files that h5py writes now read as NumPy reads them", async ({ skip }) => {
  const fresh = freshStores("write_hdf5");
  if (fresh === undefined) return skip("python3 has no h5py");
  for (const file of files) {
    for (const [name, expected] of expectedArrays(fresh.folder, file)) {
      await expectEqual(await openHdf5(h5wasm, join(fresh.folder, file), name), expected);
    }
  }
  fresh.remove();
});

test.each([
  ["complex", /complex numbers: save their real and imaginary parts/],
  ["records", /records of a, b, not numbers/],
  ["text", /text, not numbers/],
  ["strings", /text, not numbers/],
  ["long-double", /floats of 128 bits: convert/],
  ["twelve-bits", /integers of 12 bits: convert it to int16/],
  ["scalar", /a single number/],
  ["empty", /no values/],
  ["arrays", /save it as one array of shape \(3, 2, 2\)/],
  ["external", /^hdf5.layout: .* keeps its values in other files/],
  ["virtual", /^hdf5.layout: .* is a view of other datasets \(other.h5\)/],
  ["lzf", /^hdf5.filter: .* compressed by lzf \(filter 32000\).*h5repack -f refused\/lzf:GZIP=1 h5py.h5 gzip.h5/],
  ["large-chunks", /^hdf5.chunk: .* chunks of \(1, 8192, 8192\), 256 MB each.*CHUNK=/],
  ["gone", /^data.array: .* is a link to what is not there/],
  ["elsewhere", /^data.array: .* hdf5:other.h5#\/d/],
  ["nowhere", /^data.array: h5py.h5 has no array "refused\/nowhere"/],
])("%s is refused by what it is", async (name, problem) => {
  expect(await problemOf("h5py.h5", `refused/${name}`)).toMatch(problem);
});

test.each([
  ["name", /text, not numbers/],
  ["cell", /a MATLAB cell array/],
  ["empty", /no values/],
  ["z", /complex numbers/],
])("%s of MATLAB is refused by what it is", async (name, problem) => {
  expect(await problemOf("matlab.mat", name)).toMatch(problem);
});

test("without a name it is the only array there is, or those there are are listed with their shapes", async () => {
  const { name, notes } = await openHdf5(h5wasm, join(stores, "matlab.mat"), "fields");
  expect([name, notes]).toEqual([join(stores, "matlab.mat#fields/single"), ["axes as in MATLAB"]]);
  const several = await problemOf("matlab.mat");
  expect(several).toMatch(/holds 3 arrays .*hdf5:matlab.mat#fields\/single.*u \(6, 5, 4\) float64; z \(6, 4\) records/);
  expect(several).not.toMatch(/#refs#/);
});

test("what is done to numbers is noted", async () => {
  const { notes } = await openHdf5(h5wasm, join(stores, "h5py.h5"), "climate/t");
  expect(notes).toEqual(["scaled by 0.01", "offset by 273.15", "-32767 read as missing"]);
});

test("files that are cut off, damaged, or something else say so", async () => {
  expect(await problemOf("zarr2.zip")).toMatch(/^hdf5.format: zarr2.zip is a Zarr store in a zip archive, not an HDF5/);
  expect(await problemOf("none.h5")).toMatch(/^file.missing: none.h5 cannot be read: there is no such file/);
  const cut = join(folder, "cut.h5");
  copyFileSync(join(stores, "h5py.h5"), cut);
  truncateSync(cut, 60_000);
  await expect(openHdf5(h5wasm, cut)).rejects.toMatchObject({ code: "hdf5.format" });
  const damaged = join(folder, "damaged.h5");
  const bytes = readFileSync(join(stores, "matlab.mat"));
  // The packed chunks of `u` begin as zlib's streams do.
  for (
    let at = bytes.indexOf(Buffer.from([0x78, 0x5e]));
    at >= 0;
    at = bytes.indexOf(Buffer.from([0x78, 0x5e]), at + 1)
  ) {
    bytes[at + 9] ^= 0x55;
  }
  writeFileSync(damaged, bytes);
  const source = await openHdf5(h5wasm, damaged, "u");
  await expect(source.read([0, 0, 0], source.shape)).rejects.toMatchObject({ code: "hdf5.damaged" });
});
