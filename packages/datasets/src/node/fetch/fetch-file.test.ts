import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createRandom } from "@saeno/backend";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchFile } from "../../node.ts";

const bytes = Buffer.from(new Uint8Array(createRandom(1).normals(50_000).buffer));
const half = bytes.length / 2;
const sha256 = createHash("sha256").update(bytes).digest("hex");

/** Sends the bytes, or the part that is asked for; `cut` ends the connection that many bytes on. */
function send(content: Buffer, cut?: number): RequestListener {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (start >= content.length) {
      response.writeHead(416).end();
      return;
    }
    response.writeHead(start > 0 ? 206 : 200, {
      "content-length": content.length - start,
      ...(start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (cut === undefined) response.end(content.subarray(start));
    else response.write(content.subarray(start, start + cut), () => setTimeout(() => request.socket.destroy(), 50));
  };
}

const mirrors: Readonly<Record<string, RequestListener>> = {
  good: send(bytes),
  whole: (_, response) => response.writeHead(200, { "content-length": bytes.length }).end(bytes),
  wrong: send(Buffer.from("another file")),
  missing: (_, response) => response.writeHead(404).end("no such file"),
  cut: send(bytes, half),
  silent: () => {},
  stalled: (_, response) => response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, half)),
  packed: (_, response) => response.writeHead(200, { "content-encoding": "x-gzip" }).end(gzipSync(bytes)),
  // Ranges of the packed bytes, which stand for others.
  packedRanges: (request, response) => {
    const packed = gzipSync(bytes);
    if (request.headers.range === undefined) response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    else response.writeHead(206, { "content-encoding": "gzip", "content-range": `bytes ${half}-` }).end(packed);
  },
  elsewhere: (request, response) =>
    request.headers.range === undefined
      ? response.end(bytes)
      : response.writeHead(206, { "content-range": `bytes 0-${bytes.length - 1}/${bytes.length}` }).end(bytes),
};

let folder: string;
let file: string;
let server: Server;
let requests: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  file = join(folder, "of", "data.bin");
  requests = [];
  server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    requests.push(request.headers.range === undefined ? name : `${name} ${request.headers.range}`);
    mirrors[name]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const url = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
const from = (...names: string[]) => fetchFile({ urls: names.map(url), sha256, file, timeout: 400 });
const isFetched = async () => {
  expect(bytes.equals(await readFile(file))).toBe(true);
  expect(await readdir(join(folder, "of"))).toEqual(["data.bin"]);
};
/** What an earlier try has left. */
const leave = async (part: Buffer) => {
  await expect(from()).rejects.toThrow(); // Makes the folder.
  await writeFile(`${file}.partial`, part);
};

describe("a file that is fetched", () => {
  test("comes whole, in a new folder, with the bytes counted, under its name only when it is right", async () => {
    const progress: [number, number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    const options = { urls: [url("good")], sha256: sha256.toUpperCase(), file, onProgress };
    expect(await fetchFile(options)).toBe(file);
    await isFetched();
    expect(progress.at(-1)).toEqual([bytes.length, bytes.length]);
    expect(progress.every(([done], i) => i === 0 || done > (progress[i - 1]?.[0] ?? 0))).toBe(true);
  });

  test("is not fetched again", async () => {
    await from("good");
    await from("good");
    expect(requests).toEqual(["good"]);
  });

  test("never takes the place of another file", async () => {
    const options = { urls: [url("good")], sha256, file: join(folder, "mine.bin") };
    await writeFile(options.file, "my own data");
    await expect(fetchFile(options)).rejects.toMatchObject({
      code: "fetch.checksum",
      kind: "data",
      message: expect.stringContaining(`instead of ${sha256}. It was left as it is`),
    });
    expect(await readFile(options.file, "utf8")).toBe("my own data");
    expect(requests).toEqual([]);
  });

  test("is continued where an earlier try ended, and counted from there", async () => {
    await leave(bytes.subarray(0, half));
    const progress: number[] = [];
    await fetchFile({ urls: [url("good")], sha256, file, onProgress: (done) => progress.push(done) });
    await isFetched();
    expect(requests).toEqual([`good bytes=${half}-`]);
    expect(progress[0]).toBeGreaterThan(half);
    expect(progress.at(-1)).toBe(bytes.length);
  });

  test("needs nothing more when an earlier try had all of it", async () => {
    await leave(bytes);
    await from("good");
    await isFetched();
    expect(requests).toEqual([`good bytes=${bytes.length}-`]);
  });

  test("is fetched from its beginning by a server that knows no ranges", async () => {
    await leave(bytes.subarray(0, half));
    await from("whole");
    await isFetched();
  });

  test.each(["good", "elsewhere", "packedRanges"])(
    "is fetched anew when what is left of an earlier try does not lead to it (%s)",
    async (name) => {
      await leave(Buffer.alloc(half, 1));
      await from(name);
      await isFetched();
      expect(requests).toEqual([`${name} bytes=${half}-`, name]);
    },
  );

  test("may be packed on its way", async () => {
    await from("packed");
    await isFetched();
  });

  test("comes from the next mirror when one has another file or none", async () => {
    await from("wrong", "missing", "good");
    await isFetched();
    expect(requests).toEqual(["wrong", "missing", "good"]);
  });

  test("is continued by the next mirror when one breaks off", async () => {
    await from("cut", "good");
    await isFetched();
    expect(requests).toEqual(["cut", `good bytes=${half}-`]);
  });

  test("is continued by the next call when the only mirror breaks off", async () => {
    await expect(from("cut")).rejects.toMatchObject({ code: "fetch.unreachable" });
    expect(await readdir(join(folder, "of"))).toEqual(["data.bin.partial"]);
    await from("cut");
    await isFetched();
    expect(requests).toEqual(["cut", `cut bytes=${half}-`]);
  });

  test.each(["silent", "stalled"])("is asked of the next mirror when one is %s", async (name) => {
    await from(name, "good");
    await isFetched();
    await expect(fetchFile({ urls: [url(name)], sha256, file: `${file}2`, timeout: 100 })).rejects.toThrow(
      /nothing came for 0.1 s/,
    );
  });
});

test("when no mirror has the file one error names each with its reason, and what can be done", async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const gone = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/`;
  await new Promise((resolve) => closed.close(resolve));
  const urls = [gone, url("missing"), url("wrong"), url("silent")];
  const failure = fetchFile({ urls, sha256, file, timeout: 100 });
  await expect(failure).rejects.toMatchObject({ name: "SaenoError", code: "fetch.unreachable", kind: "data" });
  const { message } = await failure.then(
    () => new Error(),
    (error: Error) => error,
  );
  expect(message).toContain(`${file} could not be fetched`);
  expect(message).toContain(`${gone}: connect ECONNREFUSED`);
  expect(message).toContain(`${url("missing")}: the answer is HTTP 404`);
  expect(message).toMatch(/wrong: its SHA-256 is [0-9a-f]{64} instead of [0-9a-f]{64}; /);
  expect(message).toContain(`${url("silent")}: nothing came for 0.1 s`);
  expect(message).toContain("put the file there by hand");
  expect(await readdir(join(folder, "of"))).toEqual([]);
});

test("a file that cannot be written is not the fault of the mirrors", async () => {
  await writeFile(join(folder, "of"), "a file, not a folder");
  await expect(from("good")).rejects.toMatchObject({ code: "fetch.write", kind: "data" });
  expect(requests).toEqual([]);
});
