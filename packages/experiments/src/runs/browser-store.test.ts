/** The storage of a browser, as far as the store uses it; Chromium's own is the studio's to try. */
import { cpuBackend, useBackend } from "@saeno/backend";
import { beforeAll, expect, test, vi } from "vitest";
import { resolveRunConfig } from "../configuration/run-config.ts";
import { browserStore } from "./browser-store.ts";
import { runInto } from "./save-run.ts";

class FakeFile {
  bytes = new Uint8Array();
  async getFile(): Promise<File> {
    return new File([this.bytes], "file");
  }
  async createWritable({ keepExistingData = false } = {}) {
    let content = keepExistingData ? this.bytes.slice() : new Uint8Array();
    let at = 0;
    return {
      async seek(to: number) {
        at = to;
      },
      async truncate(size: number) {
        content = content.slice(0, size);
      },
      async write(piece: string | Uint8Array) {
        const added = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
        const next = new Uint8Array(Math.max(content.length, at + added.length));
        next.set(content);
        next.set(added, at);
        [content, at] = [next, at + added.length];
      },
      close: async () => {
        this.bytes = content;
      },
      async abort() {},
    };
  }
}

class FakeFolder {
  readonly entries = new Map<string, FakeFile | FakeFolder>();
  async *keys() {
    yield* this.entries.keys();
  }
  private get<T>(name: string, kind: new () => T, create: boolean): T {
    const found = this.entries.get(name);
    if (found instanceof kind) return found;
    if (found !== undefined) throw new DOMException(name, "TypeMismatchError");
    if (!create) throw new DOMException(name, "NotFoundError");
    const made = new kind();
    if (made instanceof FakeFile || made instanceof FakeFolder) this.entries.set(name, made);
    return made;
  }
  getFileHandle = async (name: string, { create = false } = {}) => this.get(name, FakeFile, create);
  getDirectoryHandle = async (name: string, { create = false } = {}) => this.get(name, FakeFolder, create);
  async removeEntry(name: string) {
    if (!this.entries.delete(name)) throw new DOMException(name, "NotFoundError");
  }
}

beforeAll(async () => {
  await useBackend(cpuBackend);
  const held = new Set<string>();
  const request = async (name: string, _: object, work: (lock: object | null) => unknown) => {
    if (held.has(name)) return work(null);
    held.add(name);
    await work({});
    held.delete(name);
  };
  vi.stubGlobal("navigator", { locks: { request } });
});

test("a training in a page outlives its tab, and two tabs do not share a run", async () => {
  const root = new FakeFolder() as unknown as FileSystemDirectoryHandle;
  const config = resolveRunConfig({
    data: "sparse-vectors:8,concepts=12",
    model: "mlp",
    concepts: 12,
    active: 2,
    limit: 32,
    test: 4,
    steps: 8,
    batch: 4,
  });
  const straight = browserStore(root);
  (await runInto(straight, "straight", config)).model.dispose();
  const controller = new AbortController();
  const onRecord = async ({ step }: { readonly step: number }) => {
    if (step !== 5) return;
    await expect(straight.edit("run")).rejects.toThrow(/in use by another tab/);
    controller.abort();
  };
  const first = runInto(straight, "run", config, { signal: controller.signal, onRecord, checkpoints: { every: 2 } });
  await expect(first).rejects.toThrow(/after step 5 of 8/);
  const later = browserStore(root);
  expect(await later.near("")).toEqual({ inside: ["straight", "run"], beside: ["straight", "run"] });
  (await runInto(later, "run", config)).model.dispose();
  const files = (run: string, file: string) => later.read(run, file);
  expect(await files("run", "model.safetensors")).toEqual(await files("straight", "model.safetensors"));
  const metrics = async (run: string) =>
    new TextDecoder().decode(await files(run, "metrics.jsonl")).replaceAll(/,"seconds":[^,}]*/g, "");
  expect(await metrics("run")).toBe(await metrics("straight"));
  expect((await later.names("run/checkpoints")).sort()).toEqual(["step-8"]);
});
