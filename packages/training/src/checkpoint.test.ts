import { cpuBackend, createRandom, SaenoError, useBackend } from "@saeno/backend";
import { type SparseAutoencoder, saeMlp } from "@saeno/core";
import { memoryBytes, sparseVectors } from "@saeno/datasets";
import { beforeAll, expect, test } from "vitest";
import { adam, encodeModel, restoreCheckpoint, saveCheckpoint, train } from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

const dataset = sparseVectors({ n: 12, concepts: 6, active: 2, samples: 20, seed: 1 });
const settings = { dataset, steps: 3, batchSize: 8, learningRate: 0.02 };
const mlp = (concepts = 10) => saeMlp({ inputs: 12, concepts, active: 2 });

/** A checkpoint in memory. */
function inMemory(files = new Map<string, Uint8Array>()) {
  return {
    files,
    async write(file: string, content: string | AsyncIterable<Uint8Array>) {
      if (typeof content === "string") return void files.set(file, new TextEncoder().encode(content));
      const pieces: number[] = [];
      for await (const piece of content) pieces.push(...piece);
      files.set(file, Uint8Array.from(pieces));
    },
    async open(file: string) {
      const bytes = files.get(file);
      return bytes && memoryBytes(bytes, file);
    },
  };
}

async function saved(model: SparseAutoencoder) {
  const place = inMemory();
  const optimizer = adam();
  await train({
    ...settings,
    model,
    optimizer,
    onEnd: async (_, state) => saveCheckpoint(place, model, { state: await state(), notes: { text: "mine" } }),
  });
  optimizer.dispose();
  return place;
}

test("a checkpoint holds the weights and the state of the end, and what was noted", async () => {
  const [model, other] = [mlp(), mlp()];
  const place = await saved(model);
  const { state, notes } = await restoreCheckpoint(place, other);
  expect(await encodeModel(other)).toEqual(await encodeModel(model));
  expect([notes, state.values["loop.step"]]).toEqual([{ text: "mine" }, 3]);
  expect(Object.keys(state.tensors).length).toBeGreaterThan(2);
  for (const each of [model, other]) each.dispose();
});

test("one bit that is not what it was is noticed, wherever it is, and so is a file that is cut off", async () => {
  const model = mlp();
  const { files } = await saved(model);
  const [random, other] = [createRandom(5), mlp()];
  for (const [name, bytes] of files) {
    const damaged = (change: (copy: Uint8Array) => Uint8Array) =>
      restoreCheckpoint(inMemory(new Map([...files, [name, change(bytes.slice())]])), other);
    for (let i = 0; i < 100; i++) {
      const at = random.integer(bytes.length);
      const flip = damaged((copy) => {
        copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(8));
        return copy;
      });
      const outcome = await flip.then(
        () => "read",
        (error: unknown) => SaenoError.isInstance(error),
      );
      // Only what says nothing may change: the metadata and the padding of a header.
      const header = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
      if (outcome === "read") expect([name, at < header]).toEqual([expect.stringMatching(/safetensors$/), true]);
      else expect(outcome).toBe(true);
    }
    const cut = damaged((copy) => copy.subarray(0, Math.floor(copy.length / 2)));
    await expect(cut).rejects.toSatisfy(SaenoError.isInstance);
  }
  for (const name of files.keys()) {
    const without = new Map(files);
    without.delete(name);
    await expect(restoreCheckpoint(inMemory(without), other)).rejects.toThrow(/is not there/);
  }
  for (const each of [model, other]) each.dispose();
  const larger = mlp(11);
  await expect(restoreCheckpoint(inMemory(files), larger)).rejects.toThrow(/of another model: .* of shape \[11/);
  larger.dispose();
});
