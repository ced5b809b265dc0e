import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { createRandom } from "@saeno/backend";
import sharp from "sharp";
import { type Headers as Header, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dataFiles, fetchMnist, fetchPhotographs, imageFolder, mnist } from "../../node.ts";

let folder: string;
let directory: string;
let asked: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  directory = join(folder, "data");
  await mkdir(directory);
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A network that answers every address with the same bytes, or none. */
function network(content?: Uint8Array): typeof globalThis.fetch {
  return async (address) => {
    asked.push(String(address));
    if (content === undefined) throw new TypeError("fetch failed", { cause: new Error("no network") });
    return new Response(content.slice(), { headers: { "content-length": `${content.length}` } });
  };
}

describe("MNIST", () => {
  test("every file of a part is asked of every mirror, and named when there is no network", async () => {
    await expect(fetchMnist({ directory, part: "test", fetch: network() })).rejects.toMatchObject({
      code: "fetch.unreachable",
      message: expect.stringMatching(/t10k-images-idx3-ubyte.gz could not be fetched \(https:.*: no network; https:/),
    });
    expect(asked).toEqual(dataFiles.mnist.mirrors.map((mirror) => `${mirror}t10k-images-idx3-ubyte.gz`));
    asked = [];
    await expect(fetchMnist({ directory, fetch: network() })).rejects.toThrow(/train-images-idx3-ubyte.gz/);
    expect(asked).toHaveLength(dataFiles.mnist.mirrors.length);
  });

  test("other data is refused, whether it comes or is there", async () => {
    const other = gzipSync("Fashion-MNIST");
    await expect(fetchMnist({ directory, fetch: network(other) })).rejects.toThrow(/its SHA-256 is/);
    expect(await readdir(directory)).toEqual([]);
    await writeFile(join(directory, "train-labels-idx1-ubyte"), "Fashion-MNIST");
    await writeFile(join(directory, "t10k-images-idx3-ubyte.gz"), other);
    await expect(fetchMnist({ directory, part: "train", fetch: network() })).rejects.toMatchObject({
      code: "fetch.checksum",
    });
    await expect(fetchMnist({ directory, part: "test", fetch: network() })).rejects.toThrow(
      /the SHA-256 of its content is/,
    );
    expect(other.equals(await readFile(join(directory, "t10k-images-idx3-ubyte.gz")))).toBe(true);
  });

  const shared = new URL("../../../../../../shared/data/mnist", import.meta.url).pathname;
  test.skipIf(!existsSync(shared))(
    "files that are there are recognized (skipped where ../shared/data is absent)",
    async () => {
      for (const name of await readdir(shared))
        await writeFile(join(directory, name), await readFile(join(shared, name)));
      expect(await fetchMnist({ directory, part: "test", fetch: network() })).toBe(directory);
      expect((await mnist({ directory })).size).toBe(10_000);
      expect(asked).toEqual([]);
    },
  );
});

const photograph = (width: number, height: number) =>
  sharp(
    Buffer.from(
      createRandom(width)
        .normals(width * height * 3)
        .map((v) => 128 + 40 * v),
    ),
    {
      raw: { width, height, channels: 3 },
    },
  )
    .jpeg({ quality: 20 })
    .toBuffer();

/** An archive as it is published, of as many photographs, and other entries. */
async function archiveOf(count: number, others: readonly (readonly [Header, Buffer?])[] = []): Promise<Buffer> {
  const images = [await photograph(481, 321), await photograph(321, 481)];
  const archive = pack();
  archive.entry({ name: "BSDS300/images/train/", type: "directory" });
  archive.entry({ name: "BSDS300/iids_train.txt" }, "2092\n");
  for (const [header, content] of others) archive.entry(header, content);
  for (let i = 0; i < count; i++) {
    const part = i < 200 ? "train" : "test";
    archive.entry({ name: `BSDS300/images/${part}/${1000 + i}.jpg` }, images[i % 2] as Buffer);
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

describe("photographs", () => {
  test("are fetched, checked and unpacked into the folder, once", async () => {
    const fetch = network(await archiveOf(300));
    await writeFile(join(directory, "1005.jpg"), "my own");
    expect(await fetchPhotographs({ directory, fetch })).toBe(directory);
    const names = await readdir(directory);
    expect(names).toHaveLength(300);
    expect(names.every((name) => /^1[0-2]\d\d\.jpg$/.test(name))).toBe(true);
    expect(await readFile(join(directory, "1005.jpg"), "utf8")).toBe("my own");
    expect(asked).toEqual([`${dataFiles.photographs.mirrors[0]}BSDS300-images.tgz`]);
    await fetchPhotographs({ directory, fetch });
    expect(asked).toHaveLength(1);
    await rm(join(directory, "1005.jpg"));
    expect((await imageFolder({ directory, crop: 300, count: 2, testCount: 1 })).train.size).toBe(2);
  });

  test("are unpacked without a network from an archive that was put there, gzipped or not", async () => {
    const archive = await archiveOf(300);
    for (const content of [archive, gunzipSync(archive)]) {
      await writeFile(join(directory, "BSDS300-images.tgz"), content);
      await rm(join(directory, "1234.jpg"), { force: true });
      await fetchPhotographs({ directory, fetch: network() });
      expect(await readdir(directory)).toHaveLength(301);
    }
    expect(asked).toEqual([]);
  });

  test("nothing is written outside of the folder, and links are not followed", async () => {
    const image = await photograph(481, 321);
    const others = [
      [{ name: "../../77.jpg" }, image],
      [{ name: "/tmp/../78.jpg" }, image],
      [{ name: "BSDS300/images/test/79.jpg", type: "symlink", linkname: "/etc/passwd" }],
      [{ name: "../escaped.txt" }, Buffer.from("text")],
    ] as const;
    await fetchPhotographs({ directory, fetch: network(await archiveOf(298, others)) });
    expect(await readdir(folder)).toEqual(["data"]);
    const names = await readdir(directory);
    expect(names).toHaveLength(300);
    expect(names).toEqual(expect.arrayContaining(["77.jpg", "78.jpg"]));
    expect(names).not.toContain("79.jpg");
  });

  test("what is no such archive is refused with the reason, and nothing of it is left", async () => {
    const few = await archiveOf(299);
    const bad: [Uint8Array, RegExp][] = [
      [Buffer.from("<html>moved</html>".repeat(100)), /it is not a readable archive/],
      [few.subarray(0, few.length / 2), /it is not a readable archive \(.*damaged or truncated gzip/],
      [few, /it is an archive of 299 photographs instead of 300/],
      [await archiveOf(299, [[{ name: "1.jpg" }, await photograph(40, 20)]]), /its 1.jpg is jpeg of 20 x 40 points/],
      [await archiveOf(299, [[{ name: "1.jpg" }, Buffer.from("text")]]), /its 1.jpg cannot be decoded/],
    ];
    for (const [content, message] of bad) {
      await expect(fetchPhotographs({ directory, fetch: network(content) })).rejects.toThrow(message);
      expect(await readdir(directory)).toEqual([]);
    }
    await writeFile(join(directory, "BSDS300-images.tgz"), few);
    await expect(fetchPhotographs({ directory, fetch: network() })).rejects.toMatchObject({ code: "fetch.checksum" });
    expect(await readdir(directory)).toEqual(["BSDS300-images.tgz"]);
  });
});
