import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { beforeAll, describe, expect, test } from "vitest";
import type { ConceptIndex, IndexedConcept } from "../concepts/concept-index.ts";
import { indexConcepts } from "../concepts/index-concepts.ts";
import { encodeIndex, openIndex } from "./index-file.ts";

beforeAll(() => useBackend(wasmBackend));

function data(shape: readonly number[]): Dataset {
  const labels = { values: Int32Array.from({ length: shape[0] }, (_, i) => i % 2), names: ["even", "odd"] };
  const dataset = arrayDataset({ name: "noise", values: createRandom(3).normals(sizeOf(shape)), shape: [...shape] });
  return { ...dataset, labels };
}

async function indexOf(kind: "functions" | "vectors"): Promise<ConceptIndex> {
  const model =
    kind === "functions"
      ? saeFno({ channels: 2, concepts: 9, active: 3, modes: [4, 3], seed: 1 })
      : saeMlp({ inputs: 12, concepts: 20, active: 2, seed: 1 });
  const index = await indexConcepts(model, data(kind === "functions" ? [17, 9, 8, 2] : [17, 12]));
  model.dispose();
  return index;
}

describe.each(["functions", "vectors"] as const)("the file of an index: %s", (kind) => {
  test("is read back exactly, at once or by concept", async () => {
    const index = await indexOf(kind);
    const opened = await openIndex(encodeIndex(index), { model: index.model });
    expect(await opened.all()).toEqual(index);
    expect(await opened.concept(3)).toEqual(index.concepts[3]);
    expect(opened.labelNames).toEqual(["even", "odd"]);
  });

  test("one bit that changed is noticed, where it matters", async () => {
    const index = await indexOf(kind);
    const bytes = encodeIndex(index);
    const changed = (at: number) => {
      const copy = bytes.slice();
      copy[at] ^= 4;
      return copy;
    };
    for (const at of [0, 9, 20, 200, 2000]) await expect(openIndex(changed(at))).rejects.toThrow(/index, or damaged/);
    await expect(openIndex(bytes.subarray(0, 500))).rejects.toThrow(/damaged/);
    const last = await openIndex(changed(bytes.length - 1));
    await expect(last.concept(index.concepts.length - 1)).rejects.toThrow(/checksum of concept/);
    expect((await last.concept(0)).concept).toBe(0);
  });

  test("what is wrong is said", async () => {
    const index = await indexOf(kind);
    const bytes = encodeIndex(index);
    await expect(openIndex(bytes, { model: "0".repeat(64) })).rejects.toThrow(/index of another model/);
    await expect((await openIndex(bytes)).concept(99)).rejects.toThrow(/no concept 99/);
  });
});

test("4,096 concepts are there at once, and each is one read", async () => {
  const { concepts, ...about } = await indexOf("functions");
  const many: IndexedConcept[] = Array.from({ length: 4096 }, (_, k) => ({ ...concepts[k % 9], concept: k }));
  const bytes = encodeIndex({ ...about, concepts: many });
  const reads: number[] = [];
  const source = {
    name: "many",
    size: bytes.length,
    read: async (from: number, to: number) => {
      reads.push(to - from);
      return bytes.subarray(from, to);
    },
  };
  const start = performance.now();
  const opened = await openIndex(source);
  expect(performance.now() - start).toBeLessThan(2000);
  expect(opened.summaries.length).toBe(4096);
  expect(reads.reduce((sum, n) => sum + n, 0)).toBeLessThan(2 ** 21);
  reads.length = 0;
  await opened.concept(4000);
  expect(reads.length).toBe(1);
});
