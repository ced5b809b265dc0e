import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { register } from "@saeno/backend";
import * as h5wasm from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectEqual, expectedArrays, stores } from "../arrays/__fixtures__/expected.ts";
import { openDataset } from "../index.ts";
import { nodeDatasetComponents } from "./dataset-components.ts";
import { workerArray } from "./worker-array.ts";

let folder: string;
beforeAll(async () => {
  register(...nodeDatasetComponents);
  folder = mkdtempSync(join(tmpdir(), "saeno-"));
  await h5wasm.ready;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An HDF5 file of chunks of 4 x 4 floats, compressed. */
function hdf5(name: string, samples: number, extra: Readonly<Record<string, Int32Array>> = {}): string {
  const path = join(folder, name);
  const file = new h5wasm.File(path, "w", { libver: ["earliest", "latest"] });
  const data = Float32Array.from({ length: samples * 16 }, (_, i) => i);
  file.create_dataset({ name: "u", data, shape: [samples, 4, 4], chunks: [1, 4, 4], compression: 1 });
  for (const [label, values] of Object.entries(extra)) file.create_dataset({ name: label, data: values });
  file.close();
  return path;
}

describe("a thread", () => {
  test.each([
    ["hdf5", "h5py.h5", "gzip/f2"],
    ["hdf5", "matlab.mat", "u"],
    ["zarr", "zarr2.zip", "big/i8"],
    ["zarr", "zarr3.zip", "sharded/f4"],
  ] as const)("%s %s %s reads what this one reads", async (kind, file, array) => {
    const expected = expectedArrays(stores, file).get(array);
    if (expected === undefined) throw new Error(array);
    await expectEqual(await workerArray({ kind, path: join(stores, file), array }), expected);
  });

  test("answers in order, and its errors are ours", async () => {
    const source = await workerArray({ kind: "hdf5", path: hdf5("order.h5", 40) });
    const samples = Array.from({ length: 40 }, (_, i) => (7 * i) % 40);
    const read = await Promise.all(samples.map((i) => source.read([i, 0, 0], [i + 1, 1, 1])));
    expect(read.map(([first]) => first)).toEqual(samples.map((i) => 16 * i));
    await source.close?.();
    await expect(source.read([0, 0, 0], [1, 1, 1])).rejects.toMatchObject({ code: "data.closed" });
    const missing = { code: "file.missing", kind: "data", message: expect.stringContaining("there is no such file") };
    for (const kind of ["hdf5", "zarr"] as const) {
      await expect(workerArray({ kind, path: join(folder, "none") })).rejects.toMatchObject(missing);
    }
    await expect(workerArray({ kind: "hdf5", path: folder })).rejects.toMatchObject({ code: "file.missing" });
  });

  test("that does not answer is ended after a while", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const at = server.address();
    const path = `http://localhost:${typeof at === "object" ? at?.port : ""}/x.zarr`;
    await expect(workerArray({ kind: "zarr", path }, 0.5)).rejects.toMatchObject({
      code: "data.hang",
      message: expect.stringContaining("did not answer within 0.5 s"),
    });
    server.closeAllConnections();
    server.close();
  });

  test("keeps no process from ending", () => {
    const library = new URL("../../dist/node.js", import.meta.url).href;
    const script = `const { workerArray } = await import(${JSON.stringify(library)});
      const source = await workerArray({ kind: "hdf5", path: ${JSON.stringify(hdf5("ends.h5", 4))} });
      console.log((await source.read([1, 0, 0], [2, 1, 1]))[0]);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      timeout: 60_000,
    });
    expect([status, stdout.trim(), stderr]).toEqual([0, "16", ""]);
  });

  test("refuses a chunk that claims to be small and unpacks to 256 MB, without the memory for it", async () => {
    const path = hdf5("bomb.h5", 2);
    const bytes = readFileSync(path);
    const bomb = deflateSync(new Uint8Array(2 ** 28), { level: 1 });
    // The tree of chunks (its type is 1) says how long each is, and after 40 bytes where: the first is now at the end of the file.
    const tree = bytes.indexOf(Buffer.from([0x54, 0x52, 0x45, 0x45, 1]));
    bytes.writeUInt32LE(bomb.length, tree + 24);
    bytes.writeBigUInt64LE(BigInt(bytes.length), tree + 64);
    bytes.writeBigUInt64LE(BigInt(bytes.length + bomb.length), 40);
    writeFileSync(path, Buffer.concat([bytes, bomb]));
    const before = process.memoryUsage().rss;
    const source = await workerArray({ kind: "hdf5", path });
    await expect(source.read([0, 0, 0], [1, 4, 4])).rejects.toMatchObject({ code: "hdf5.damaged" });
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
    await source.close?.();
  });
});

test("data of both kinds is opened by its name, with labels from the same file", async () => {
  const path = hdf5("labeled.h5", 30, { y: Int32Array.from({ length: 30 }, (_, i) => i % 3) });
  const { all } = await openDataset({ kind: "hdf5", file: `${path}#u`, labels: "y", layout: "no-channels" });
  expect([all.size, all.grid, all.channels, all.labels?.values[4]]).toEqual([30, [4, 4], 1, 1]);
  expect(Array.from(await all.read([2])).slice(0, 2)).toEqual([32, 33]);
  const { all: other } = await openDataset({
    kind: "zarr",
    file: join(stores, "zarr2.zip"),
    array: "filters/fixedscaleoffset",
    layout: "no-channels",
  });
  expect([other.size, other.grid]).toEqual([5, [4, 3]]);
  await expect(openDataset("hdf5:http://localhost/x.h5")).rejects.toMatchObject({ code: "hdf5.url" });
});

test("what does not fit in memory is read as it is needed, in an order that takes chunks one after another", async () => {
  const path = hdf5("long.h5", 20_000);
  const { all } = await openDataset({ kind: "hdf5", file: path, memory: 1, layout: "no-channels" });
  expect(all.reading?.notes.join()).toMatch(/read as needed/);
  const asked = [19_999, 0, 12_345];
  const read = await all.read(asked);
  expect(asked.map((_, i) => read[16 * i])).toEqual(asked.map((i) => 16 * i));
  await all.close?.();
});
