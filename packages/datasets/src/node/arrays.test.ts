import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRandom, register, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNpy, encodeSafetensors, memoryBytes, openDataset, openNpy, openNpz, parseNpy } from "../index.ts";
import { nodeDatasetComponents } from "../node.ts";
import { testDataset } from "../testing.ts";

let folder: string;
beforeAll(async () => {
  await useBackend(wasmBackend);
  register(...nodeDatasetComponents);
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return join(folder, name);
}

const random = (...shape: number[]) => ({ shape, values: createRandom(1).normals(shape.reduce((a, b) => a * b, 1)) });
const formOf = async (source: string) => {
  const { all } = await openDataset(source);
  return [all.size, all.grid, all.channels];
};

/** A `.npy` file of a type. */
function npy(
  descr: string,
  body: ArrayBuffer,
  { fortran = false, shape = "(2, 3)", version = 1, name = "shape" } = {},
) {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, '${name}': ${shape}, }\n`;
  const length = version === 1 ? [text.length, 0] : [text.length, 0, 0, 0];
  const head = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...new TextEncoder().encode(text)];
  return new Uint8Array([...head, ...new Uint8Array(body)]);
}

describe("npy", () => {
  test("what is written is read back", async () => {
    const array = random(2, 3);
    expect(parseNpy(encodeNpy(array), "x")).toEqual(array);
  });

  test("types, byte orders, versions and Fortran order give the same numbers", async () => {
    const order = [0, 1, 2, 3, 4, 5];
    const big = new DataView(new ArrayBuffer(12));
    for (const [i, value] of order.entries()) big.setInt16(2 * i, value);
    const halves = [0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500];
    for (const bytes of [
      npy("<f8", Float64Array.from(order).buffer),
      npy("|u1", Uint8Array.from(order).buffer),
      npy(">i2", big.buffer),
      npy("<f2", Uint16Array.from(halves).buffer, { version: 2 }),
      npy("<i8", BigInt64Array.from(order.map(BigInt)).buffer, { version: 3 }),
      npy("<i4", Int32Array.from([0, 3, 1, 4, 2, 5]).buffer, { fortran: true }),
    ]) {
      expect(Array.from(parseNpy(bytes, "x").values)).toEqual(order);
      const source = await openNpy(memoryBytes(bytes, "x"));
      expect(Array.from(await source.read([0, 0], [2, 3]))).toEqual(order);
      expect(Array.from(await source.read([1, 1], [2, 3]))).toEqual([4, 5]);
    }
  });

  test.each([
    [npy("<c8", new ArrayBuffer(48)), /holds values of type "<c8".*two channels/],
    [npy("X f4", new ArrayBuffer(24)), /holds values of type/],
    [npy("<constructor", new ArrayBuffer(24)), /holds values of type "<constructor"/],
    [npy("Xf4", new ArrayBuffer(24)), /holds values of type "Xf4"/],
    [npy("<f4", new ArrayBuffer(20)), /4 bytes of its 6 values are missing: the file is truncated/],
    [npy("<f4", new ArrayBuffer(28)), /4 bytes follow its 6 values/],
    [npy("<f4", new ArrayBuffer(24), { shape: "(2, -3)" }), /header is damaged/],
    [npy("<f4", new ArrayBuffer(24), { shape: "(99999999999, 99999999999)" }), /is impossible/],
    [npy("<f4", new ArrayBuffer(24), { name: "descr" }), /header is damaged|no right|two values/],
    [npy("<f4", new ArrayBuffer(24), { version: 7 }), /format version is 7/],
    [
      npy("<f8", Float64Array.from([1, 1, 1, 1, 1, 1e300]).buffer),
      /holds 1e\+300, beyond the largest number of float32/,
    ],
    [new Uint8Array(0), /is empty, not a valid .npy file/],
    [new TextEncoder().encode("x,y,z\n1,2,3\n"), /is a CSV or text file, not a valid .npy file: convert it in Python/],
    [new TextEncoder().encode("MATLAB 5.0 MAT-file, Platform: GLNXA64"), /is a MATLAB 5 file.*-v7\.3/],
    [new Uint8Array([0x80, 2, 0x7d, 0x71, 0]), /is a pickle.*never loaded/],
  ])("broken ones are refused by what is wrong %#", async (bytes, message) => {
    expect(() => parseNpy(bytes, "x.npy")).toThrow(message);
    if (bytes.length !== 0 && !/beyond/.test(String(message)))
      await expect(openNpy(memoryBytes(bytes, "x.npy"))).rejects.toThrow(message);
  });

  test("is opened by its name, gzipped, with labels, from a server", async () => {
    const bytes = encodeNpy(random(9, 5, 6, 2));
    const path = await file("a,b.npy", bytes);
    await testDataset({ dataset: (await openDataset(`npy:${path}`)).all });
    expect(await formOf(`npy:${await file("a.npy.gz", gzipSync(bytes))}`)).toEqual([9, [5, 6], 2]);
    expect(await formOf(`npy:${path},axes=sample/y/x/channel`)).toEqual([9, [5, 6], 2]);
    const labels = await file(
      "l.npy",
      npy("<i4", Int32Array.from({ length: 9 }, (_, i) => i % 3).buffer, { shape: "(9,)" }),
    );
    const { train, test: held } = await openDataset({ kind: "npy", file: path, labels });
    expect([Array.from(train.labels?.values ?? []), held.labels?.values[0]]).toEqual([[0, 1, 2, 0, 1, 2, 0, 1], 2]);
    await expect(
      openDataset({ kind: "npy", file: path, labels: await file("r.npy", encodeNpy(random(9))) }),
    ).rejects.toThrow(/holds numbers that are not whole/);
    const server = createServer((request, response) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      if (request.url !== "/x.npy") return void response.writeHead(404, "Not Found").end();
      response.writeHead(206, { "Content-Range": `bytes ${from}-${to}/${bytes.length}` });
      response.end(bytes.subarray(Number(from), Number(to) + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    try {
      expect(await formOf(`npy:http://localhost:${port}/x.npy`)).toEqual([9, [5, 6], 2]);
      await expect(openDataset(`npy:http://localhost:${port}/y.npy`)).rejects.toThrow(
        /y.npy cannot be fetched: the server says 404/,
      );
    } finally {
      server.close();
    }
  });

  test("NaN, missing files and folders are errors by name", async () => {
    const nan = await file("nan.npy", encodeNpy({ shape: [2, 2], values: Float32Array.of(1, 2, Number.NaN, 3) }));
    await expect(openDataset(`npy:${nan}`)).rejects.toThrow(/nan.npy: sample 1 holds NaN/);
    await expect(openDataset(`npy:${join(folder, "none.npy")}`)).rejects.toThrow(
      /none.npy cannot be read: there is no such file/,
    );
    await expect(openDataset(`npy:${folder}`)).rejects.toThrow(/cannot be read: it is a folder/);
  });
});

describe("npz", () => {
  const [one, two] = [encodeNpy(random(4, 3)), encodeNpy(random(5, 8, 8))];

  test("arrays are read by name, stored or compressed", async () => {
    for (const level of [0, 6] as const) {
      const path = await file(`a${level}.npz`, zipSync({ "x.npy": one, "y.npy": two }, { level }));
      expect(await formOf(`npz:${path}#y`)).toEqual([5, [8, 8], 1]);
      expect(await formOf(`npy:${path},array=x`)).toEqual([4, [3], 1]);
      await expect(openDataset(`npz:${path}`)).rejects.toThrow(/holds the arrays x, y: name one, as in npz:.*#x/);
      await expect(openDataset(`npz:${path}#z`)).rejects.toThrow(/holds the arrays x, y, but no "z"/);
    }
  });

  test("one flipped bit is found", async () => {
    for (const level of [0, 6] as const) {
      const bytes = zipSync({ "y.npy": two }, { level });
      bytes[bytes.length >> 1] ^= 4;
      await expect(openNpz(memoryBytes(bytes, "x.npz"))).rejects.toThrow(
        /x.npz(#y)? is a damaged or truncated .npz archive/,
      );
    }
  });

  test("bombs are refused before they are unpacked", async () => {
    const bomb = zipSync({ "y.npy": new Uint8Array(2 ** 27) }, { level: 9 });
    await expect(openNpz(memoryBytes(bomb, "x.npz"))).rejects.toThrow(
      /would unpack to \d+ times the size of its archive/,
    );
  });

  test("what is not an archive of arrays is named", async () => {
    const torch = zipSync({ "m/data.pkl": one, "m/version": one, "m/byteorder": one });
    await expect(openNpz(memoryBytes(torch, "m.pt"))).rejects.toThrow(/m.pt is a PyTorch file.*numpy.save/);
    await expect(openNpz(memoryBytes(zipSync({ "a.txt": one }), "m.zip"))).rejects.toThrow(/m.zip is a zip archive/);
    await expect(openNpz(memoryBytes(one, "m.npz"))).rejects.toThrow(
      /m.npz is a NumPy file, not an .npz archive: read it as npy:m.npz/,
    );
  });
});

describe("safetensors", () => {
  test("tensors are read by name, from shards too", async () => {
    const [a, b] = [random(6, 8, 8), random(4, 8, 8)];
    const path = await file("a.safetensors", encodeSafetensors({ a, b: { ...random(3), dtype: "F16" } }));
    expect(await formOf(`safetensors:${path}#a`)).toEqual([6, [8, 8], 1]);
    await expect(openDataset(`safetensors:${path}`)).rejects.toThrow(
      /holds a \(6, 8, 8\) F32; b \(3\) F16: name one, as in safetensors:.*#a/,
    );
    await expect(openDataset(`safetensors:${path}#c`)).rejects.toThrow(/but no "c"/);
    await expect(openDataset(`safetensors:${await file("z.safetensors", encodeNpy(a))}`)).rejects.toThrow(
      /is a NumPy file, not a safetensors file/,
    );
    const shards = join(folder, "shards");
    await mkdir(shards);
    await writeFile(join(shards, "s-2.safetensors"), encodeSafetensors({ acts: a }));
    await writeFile(join(shards, "s-10.safetensors"), encodeSafetensors({ acts: b }));
    const { all } = await openDataset(`safetensors:${shards}`);
    await testDataset({ dataset: all });
    expect(Array.from(await all.read([5, 6]))).toEqual([...a.values.subarray(5 * 64), ...b.values.subarray(0, 64)]);
    expect(all.reading?.text).toContain("; 2 shards");
    await writeFile(join(shards, "s-11.safetensors"), encodeSafetensors({ acts: random(4, 8, 9) }));
    await expect(openDataset(`safetensors:${shards}`)).rejects.toThrow(/shards may differ in their first axis only/);
  });
});

const cases = new URL("../../../../../shared/cases/", import.meta.url).pathname;
test.skipIf(!existsSync(cases))(
  "the cases that went wrong are read (skipped where ../shared/cases is absent)",
  async () => {
    const layouts: readonly [string, unknown][] = [
      ["channels-first-b3hw.npy", [16, [16, 16], 3]],
      ["channels-last-bhw3.npy", [16, [16, 16], 3]],
      ["feature-maps-64x14x14.npy,layout=channels-first", [8, [14, 14], 64]],
      ["volumes-16x16x16.npy,layout=no-channels", [12, [16, 16, 16], 1]],
      ["sequence-64x3.npy", [20, [64], 3]],
      ["sequence-256x1.npy", [24, [256], 1]],
      ["fields-8x8.npy", [20, [8, 8], 1]],
    ];
    for (const [name, form] of layouts)
      expect([name, ...(await formOf(`npy:${cases}${name}`)).slice(1)]).toEqual([
        name,
        ...(form as unknown[]).slice(1),
      ]);
    const [first, last] = await Promise.all(
      ["channels-first-b3hw.npy", "channels-last-bhw3.npy"].map((name) => openDataset(`npy:${cases}${name}`)),
    );
    expect(first.all.size).toBe(last.all.size);
    await expect(openDataset(`npy:${cases}feature-maps-64x14x14.npy`)).rejects.toThrow(
      /--layout channels-first for 8 functions on 14 x 14 with 64 channels/,
    );
    await expect(openDataset(`npy:${cases}volumes-16x16x16.npy`)).rejects.toThrow(
      /--layout no-channels for 12 functions on 16 x 16 x 16/,
    );
    await expect(openDataset(`npy:${cases}float64-beyond-float32.npy`)).rejects.toThrow(
      /holds 1e\+300, beyond the largest number of float32/,
    );
    await expect(openDataset(`npy:${cases}npz-two-arrays.npz`)).rejects.toThrow(/#train/);
    expect((await openDataset(`npz:${cases}npz-two-arrays.npz#train`)).all.size).toBeGreaterThan(1);
    await expect(openDataset(`npy:${cases}torch-file-given-as-data.pt`)).rejects.toThrow(/is a PyTorch file/);
  },
);
