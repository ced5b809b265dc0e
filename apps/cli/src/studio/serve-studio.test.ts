import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedStudio, serveStudio } from "./serve-studio.ts";

const oldRun = fileURLToPath(new URL("../__fixtures__/old-run", import.meta.url));
let folder: string;
let served: ServedStudio;
let one: ServedStudio;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-studio-"));
  for (const run of ["first", "second"]) await cp(oldRun, join(folder, "runs", run), { recursive: true });
  await writeFile(join(folder, "secret.json"), "{}");
  await mkdir(join(folder, "outside"));
  await writeFile(join(folder, "outside", "config.json"), "{}");
  await symlink(join(folder, "outside"), join(folder, "runs", "link"));
  await symlink(join(folder, "secret.json"), join(folder, "runs", "first", "link.json"));
  await writeFile(join(folder, "runs", "first", ".hidden"), "");
  const local = { root: join(folder, "runs"), host: "127.0.0.1", port: 0 };
  served = await serveStudio(local);
  one = await serveStudio({ ...local, only: "first" });
});
afterAll(async () => {
  await Promise.all([served?.close(), one?.close()]);
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly of?: ServedStudio;
}

/** Asks for a path as it is: fetch would tidy it. */
function ask(path: string, { method = "GET", headers = {}, body, of = served }: Asked = {}) {
  return new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }>(
    (resolve, reject) => {
      const { port } = new URL(of.address);
      const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("end", () =>
          resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }),
        );
      });
      sent.on("error", reject);
      sent.end(body);
    },
  );
}

const sameSite = { "sec-fetch-site": "same-origin" };

test("the page comes isolated, and asks for runs where there are some", async () => {
  const page = await ask("/");
  expect(page).toMatchObject({
    status: 200,
    headers: {
      "content-type": expect.stringContaining("text/html"),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "permissions-policy": expect.stringContaining("camera=(self)"),
    },
  });
  expect(page.body.toString()).toContain('<meta name="saeno-runs" content="runs.json">');
  const { runs } = JSON.parse((await ask("/runs.json")).body.toString());
  expect(runs.map(({ place }: { place: string }) => place).sort()).toEqual(["runs/first", "runs/second"]);
  const alone = JSON.parse((await ask("/runs.json", { of: one })).body.toString());
  expect(alone.runs).toHaveLength(1);
  const none = await serveStudio({ root: undefined, host: "127.0.0.1", port: 0 });
  expect((await ask("/", { of: none })).body.toString()).not.toContain("saeno-runs");
  expect(await ask("/runs.json", { of: none })).toMatchObject({ status: 404 });
  await none.close();
});

test("ONNX Runtime comes with the page where it is installed, as the page asks for it", async () => {
  const [code, kernels] = [
    await ask("/onnxruntime/ort.wasm.bundle.min.mjs"),
    await ask("/onnxruntime/ort-wasm-simd-threaded.wasm", { method: "HEAD" }),
  ];
  expect(code).toMatchObject({ status: 200, headers: { "content-type": expect.stringContaining("text/javascript") } });
  expect(kernels).toMatchObject({ status: 200, headers: { "content-type": "application/wasm" } });
  expect(await ask("/onnxruntime/package.json")).toMatchObject({ status: 404 });
});

test.each([
  "/../secret.json",
  "/runs/../secret.json",
  "/runs/../../secret.json",
  "/runs/first/../../secret.json",
  "/runs/%2e%2e/secret.json",
  "/runs/first/..%2f..%2fsecret.json",
  "/runs/..%5csecret.json",
  "/runs//etc/passwd",
  "/%2fetc/passwd",
  "/runs/link/config.json",
  "/runs/link/listing.json",
  "/runs/first/link.json",
  "/runs/first/none.json",
  "/runs/first/.hidden",
  "/runs/first",
  "/runs/first/config.json/",
  "/runs/first%00/config.json",
  "/runs/%",
  "/package.json",
  "/../package.json",
])("outside of the folder there is nothing: %s", async (path) => {
  const { status, body } = await ask(path);
  expect([400, 404]).toContain(status);
  expect(body.toString()).not.toContain(folder);
});

test("one run is served alone", async () => {
  expect(await ask("/runs/first/config.json", { of: one })).toMatchObject({ status: 200 });
  expect(await ask("/runs/second/config.json", { of: one })).toMatchObject({ status: 404 });
  expect(await ask("/runs/first/../second/config.json", { of: one })).toMatchObject({ status: 404 });
  expect(await ask("/runs/first/..%2fsecond/config.json", { of: one })).toMatchObject({ status: 404 });
  expect(await ask("/runs/listing.json", { of: one })).toMatchObject({ status: 404 });
});

test("a page of somebody else cannot reach it under a name of its own", async () => {
  for (const host of ["example.org", "example.org:4310", "127.0.0.1.example.org", "localhost.example.org"])
    expect(await ask("/runs.json", { headers: { host } })).toMatchObject({ status: 403 });
  for (const host of ["localhost", "127.0.0.1:80", "[::1]:4310"])
    expect(await ask("/runs.json", { headers: { host } })).toMatchObject({ status: 200 });
});

test("a part of a file is sent as it is asked for", async () => {
  const path = "/runs/first/model.safetensors";
  const whole = await readFile(join(folder, "runs/first/model.safetensors"));
  const size = whole.length;
  const part = async (range: string) => ask(path, { headers: { range } });
  expect(await ask(path)).toMatchObject({ status: 200, body: whole, headers: { "accept-ranges": "bytes" } });
  expect(await part("bytes=0-7")).toMatchObject({
    status: 206,
    body: whole.subarray(0, 8),
    headers: { "content-range": `bytes 0-7/${size}`, "content-length": "8" },
  });
  expect(await part(`bytes=${size - 3}-`)).toMatchObject({ status: 206, body: whole.subarray(size - 3) });
  expect(await part(`bytes=8-${size + 100}`)).toMatchObject({
    status: 206,
    body: whole.subarray(8),
    headers: { "content-range": `bytes 8-${size - 1}/${size}` },
  });
  expect(await part("bytes=-5")).toMatchObject({ status: 206, body: whole.subarray(size - 5) });
  expect(await part(`bytes=-${size + 5}`)).toMatchObject({ status: 206, body: whole });
  for (const range of ["lines=1-2", "bytes=0-1,4-5", "bytes=9-3", "bytes=-"])
    expect(await part(range)).toMatchObject({ status: 200, body: whole });
  for (const range of [`bytes=${size}-`, `bytes=${size + 9}-${size + 10}`, "bytes=-0"])
    expect(await part(range)).toMatchObject({ status: 416, headers: { "content-range": `bytes */${size}` } });
  const head = await ask(path, { method: "HEAD" });
  expect(head).toMatchObject({ status: 200, headers: { "content-length": String(size) } });
  expect(head.body).toHaveLength(0);
});

test("the page may write names, and nobody else may write anything", async () => {
  const put = (path: string, body: string, headers: Readonly<Record<string, string>> = sameSite) =>
    ask(path, { method: "PUT", body, headers });
  const names = async () => readFile(join(folder, "runs/first/names.json"), "utf8").catch(() => undefined);
  for (const site of ["cross-site", "same-site", "none"])
    expect(await put("/runs/first/names.json", "{}", { "sec-fetch-site": site })).toMatchObject({ status: 404 });
  expect(await put("/runs/first/names.json", "{}", {})).toMatchObject({ status: 404 });
  for (const path of ["config.json", "model.safetensors", "new.json", "../../names.json", "..%2f..%2fnames.json"])
    expect(await put(`/runs/first/${path}`, "{}")).toMatchObject({ status: 404 });
  for (const path of ["/runs/link/names.json", "/runs/names.json", "/names.json", "/index.html"])
    expect(await put(path, "{}")).toMatchObject({ status: 404 });
  for (const body of ["not JSON", '{"x": "a"}', '{"1": 2}', JSON.stringify({ 1: "long".repeat(100) })])
    expect(await put("/runs/first/names.json", body)).toMatchObject({ status: 422 });
  expect(await names()).toBeUndefined();
  expect(await put("/runs/first/names.json", '{"1": "left edge"}')).toMatchObject({ status: 200 });
  expect(await names()).toBe('{"1": "left edge"}');
  for (const method of ["POST", "DELETE", "PATCH", "OPTIONS"])
    expect(await ask("/runs/first/names.json", { method, headers: sameSite })).toMatchObject({ status: 404 });
});

test("a listing names what is in a run folder, and what it is", async () => {
  const listing = JSON.parse((await ask("/runs/first/listing.json")).body.toString());
  expect(listing).toMatchObject({ writable: true, state: "finished" });
  expect(listing.names).toEqual(expect.arrayContaining(["config.json", "metrics.jsonl", "model.safetensors"]));
  expect(listing.names).not.toContain(".hidden");
});

test("a training whose process is gone is interrupted, at once", async () => {
  const run = join(folder, "runs", "killed");
  await cp(oldRun, run, { recursive: true });
  await rm(join(run, "summary.json"));
  const state = async () => JSON.parse((await ask("/runs/killed/listing.json")).body.toString()).state;
  const lock = (pid: number) => writeFile(join(run, "lock"), JSON.stringify({ pid, host: hostname(), since: "now" }));
  await lock(process.pid);
  expect(await state()).toBe("running");
  await lock(2 ** 22 + 1);
  expect(await state()).toBe("interrupted");
});

test("a port that is taken is named", async () => {
  const port = Number(new URL(served.address).port);
  await expect(serveStudio({ root: undefined, host: "127.0.0.1", port })).rejects.toThrow(
    `Port ${port} is taken. Name another with --port`,
  );
});
