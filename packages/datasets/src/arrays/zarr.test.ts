import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as zarrita from "zarrita";
import { memoryBytes } from "../bytes/byte-source.ts";
import { folderZarrStore } from "../node/folder-store.ts";
import { expectEqual, expectedArrays, freshStores, stores } from "./__fixtures__/expected.ts";
import { openZarr } from "./zarr.ts";
import { urlZarrStore } from "./zarr-store.ts";
import { zipZarrStore } from "./zarr-zip.ts";

const folder = mkdtempSync(join(tmpdir(), "saeno-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = ["zarr2.zip", "zarr3.zip"];

/** Unpacks a store and gives its folder. */
function unzipped(zip: string, to: string): string {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) write(join(to, name), bytes);
  return to;
}
function write(file: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}
const [old, current] = files.map((file) => unzipped(join(stores, file), join(folder, file)));
const problemOf = (root: string, array?: string) =>
  openZarr(zarrita, folderZarrStore(root), array).then(
    (source) =>
      source
        .read(
          source.shape.map(() => 0),
          source.shape,
        )
        .then(
          () => "none",
          ({ code, message }) => `${code}: ${message}`,
        ),
    ({ code, message }) => `${code}: ${message}`,
  );

describe.each(files)("%s reads as NumPy reads it", (file) => {
  test.each([...expectedArrays(stores, file)])("%s", async (name, expected) => {
    await expectEqual(await openZarr(zarrita, folderZarrStore(join(folder, file)), name), expected);
  });

  test("from the archive itself", async () => {
    const store = await zipZarrStore(memoryBytes(readFileSync(join(stores, file)), file));
    for (const [name, expected] of expectedArrays(stores, file)) {
      await expectEqual(await openZarr(zarrita, store, name), expected);
    }
  });
});

test("stores that zarr-python writes now read as NumPy reads them", async ({ skip }) => {
  const fresh = freshStores("write_zarr");
  if (fresh === undefined) return skip("python3 has no zarr");
  for (const file of files) {
    const root = unzipped(join(fresh.folder, file), join(fresh.folder, "unzipped", file));
    for (const [name, expected] of expectedArrays(fresh.folder, file)) {
      await expectEqual(await openZarr(zarrita, folderZarrStore(root), name), expected);
    }
  }
  fresh.remove();
});

describe("on a web server", () => {
  let knowsRanges = true;
  const server = createServer(({ url = "", headers }, response) => {
    let bytes: Buffer;
    try {
      bytes = readFileSync(join(folder, decodeURIComponent(url)));
    } catch {
      return response.writeHead(404).end();
    }
    const [, from, to] = /bytes=(\d*)-(\d*)/.exec(headers.range ?? "") ?? [];
    if (from === undefined || !knowsRanges) return response.end(bytes);
    response.writeHead(206);
    return response.end(from === "" ? bytes.subarray(-Number(to)) : bytes.subarray(Number(from), Number(to) + 1));
  });
  let address = "";
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const at = server.address();
    address = `http://localhost:${typeof at === "object" ? at?.port : ""}`;
  });
  afterAll(() => void server.close());

  test.each([true, false])("that knows ranges: %s", async (knows) => {
    knowsRanges = knows;
    for (const [file, names] of [
      ["zarr2.zip", ["little/f2", "fill/nan/f4"]],
      ["zarr3.zip", ["named", "sharded/f4", "sharded-start/f2", "sharded-partly/i8"]],
    ] as const) {
      const expected = expectedArrays(stores, file);
      for (const name of names) {
        const array = expected.get(name);
        if (array === undefined) throw new Error(name);
        await expectEqual(await openZarr(zarrita, urlZarrStore(`${address}/${file}`), name), array);
      }
      await expect(openZarr(zarrita, urlZarrStore(`${address}/${file}`))).rejects.toThrow(/bool \(5, 4, 3\) bool/);
    }
  });

  test("that does not answer", async () => {
    await expect(openZarr(zarrita, urlZarrStore("http://localhost:9/x.zarr"))).rejects.toMatchObject({
      code: "zarr.fetch",
    });
    await expect(openZarr(zarrita, urlZarrStore(`${address}/none`))).rejects.toMatchObject({ code: "zarr.format" });
  });
});

test.each([
  [old, "complex", /complex numbers/],
  [old, "text", /text, not numbers/],
  [old, "bytes", /text, not numbers/],
  [old, "dates", /dates, not numbers/],
  [old, "lzma", /^zarr.codec: .* the codec lzma, which is not known here: store it with zstd/],
  [old, "bz2", /^zarr.codec: .* the codec bz2/],
  [old, "large-chunks", /^zarr.chunk: .* chunks of \(1, 8192, 8192\), 256 MB each/],
  [current, "complex", /complex numbers/],
  [current, "strings", /text, not numbers/],
  [current, "nowhere", /^data.array: .* has no array "refused\/nowhere". It holds bool \(5, 4, 3\) bool/],
])("%s: %s is refused by what it is", async (root, name, problem) => {
  expect(await problemOf(root, `refused/${name}`)).toMatch(problem);
});

describe("damage", () => {
  const metadata = {
    zarr_format: 2,
    shape: [4, 8, 8],
    chunks: [1, 8, 8],
    dtype: "<f4",
    fill_value: 0,
    order: "C",
    filters: null,
  };
  let count = 0;
  const numbers = new Uint8Array(Float32Array.from({ length: 64 }, (_, i) => i).buffer);
  /** A store whose first chunk has these bytes. */
  const store = (bytes: Uint8Array, compressor: object | null = null, changes: object = {}) => {
    const root = join(folder, `damage-${count++}`);
    write(join(root, ".zarray"), JSON.stringify({ ...metadata, compressor, ...changes }));
    write(join(root, "0.0.0"), bytes);
    return root;
  };

  test("a chunk that is not there is full of the fill value, one that is cut off or empty is an error that names it", async () => {
    const source = await openZarr(zarrita, folderZarrStore(store(numbers, null, { fill_value: 7 })));
    expect(Array.from(await source.read([0, 7, 6], [2, 8, 8]))).toEqual([62, 63, 7, 7]);
    for (const bytes of [numbers.subarray(0, 100), numbers.subarray(0, 0)]) {
      expect(await problemOf(store(bytes))).toMatch(
        /^zarr.damaged: .*0\.0\.0 is damaged: it has \d+ bytes instead of 256/,
      );
    }
    const gzip = gzipSync(numbers);
    expect(await problemOf(store(gzip, { id: "gzip" }))).toBe("none");
    expect(await problemOf(store(gzip.subarray(0, 40), { id: "gzip" }))).toMatch(/^zarr.damaged: .*0\.0\.0 is damaged/);
  });

  test("a chunk that cannot be read is an error", async ({ skip }) => {
    const root = store(numbers);
    rmSync(join(root, "0.0.0"));
    mkdirSync(join(root, "0.0.0"));
    expect(await problemOf(root)).toMatch(/^zarr.file: .*0\.0\.0 cannot be read: it is not a file/);
    if (process.getuid?.() === 0) return skip("root reads everything");
    const locked = store(numbers);
    chmodSync(join(locked, "0.0.0"), 0);
    expect(await problemOf(locked)).toMatch(/^zarr.file: .*0\.0\.0 cannot be read: EACCES/);
  });

  test("chunks that would unpack to more than a chunk are refused", async () => {
    const zeros = new Uint8Array(2 ** 24);
    for (const [id, bytes] of Object.entries({ gzip: gzipSync(zeros), zlib: deflateSync(zeros) })) {
      expect(await problemOf(store(bytes, { id }))).toMatch(/^zarr.damaged: .*0\.0\.0 is damaged/);
    }
    for (const id of ["zstd", "lz4", "blosc"]) {
      const configuration = { level: 1, acceleration: 1, clevel: 5, cname: "lz4", shuffle: 1, blocksize: 0 };
      const codec = (await zarrita.registry.get(id)?.())?.fromConfig(configuration, {
        dataType: "uint8",
        shape: [1],
        codecs: [],
        fillValue: 0,
      });
      const bytes = await codec?.encode(zeros);
      if (!(bytes instanceof Uint8Array)) throw new Error(id);
      expect(await problemOf(store(bytes, { id, ...configuration }))).toMatch(
        /^zarr.damaged: .*it would unpack to 16777216 bytes|^zarr.file: .* more than/,
      );
    }
  });

  test("checksums of chunks and of the indices of shards are verified", async () => {
    const flip = (file: string, at: number) => {
      const bytes = readFileSync(file);
      bytes[at < 0 ? bytes.length + at : at] ^= 1;
      writeFileSync(file, bytes);
    };
    const root = unzipped(join(stores, "zarr3.zip"), join(folder, "flipped"));
    flip(join(root, "compressed/crc32c/f4/c/0/0/0"), 5);
    expect(await problemOf(root, "compressed/crc32c/f4")).toMatch(
      /^zarr.damaged: .*c\/0\/0\/0 is damaged: its checksum is wrong/,
    );
    flip(join(root, "sharded/f4/c/0/0/0"), -10);
    expect(await problemOf(root, "sharded/f4")).toMatch(
      /^zarr.damaged: .*c\/0\/0\/0 is damaged: its checksum is wrong/,
    );
    truncateSync(join(root, "sharded/i8/c/0/0/0"), 20);
    expect(await problemOf(root, "sharded/i8")).toMatch(/^zarr.file: .*c\/0\/0\/0 cannot be read: it is cut off/);
  });

  test("metadata that makes no sense is refused", async () => {
    for (const [changes, problem] of [
      [{ shape: [-1, 8, 8] }, /shape\.0/],
      [{ chunks: [0, 8, 8] }, /chunks\.0/],
      [{ chunks: [8, 8] }, /do not fit its shape/],
      [{ dtype: "<q4" }, /unknown type/],
      [{ order: "X" }, /order/],
      [{ fill_value: "seven" }, /fill value "seven"/],
      [{ filters: [{ id: "delta", dtype: "<f4", astype: "<i2" }] }, /differences stored as <i2/],
    ] as const) {
      expect(await problemOf(store(numbers, null, changes))).toMatch(problem);
    }
    expect(await problemOf(folder)).toMatch(/^zarr.format: .* is not a Zarr store/);
  });
});
