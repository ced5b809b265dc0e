import { cpuBackend, useBackend } from "@saeno/backend";
import { saeMlp } from "@saeno/core";
import { memoryStore } from "@saeno/experiments";
import { writeSaelens } from "@saeno/interop";
import { beforeAll, expect, test } from "vitest";
import { importPeer, isPeer } from "./peer-models.ts";
import { RunSession } from "./run-session.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const blob = (content: string | Uint8Array) => new Blob([content as BlobPart]);

test("a folder of SAELens becomes a run with the same atoms, without samples, and says so", async () => {
  const model = saeMlp({ inputs: 6, concepts: 5, active: 2 });
  const { config, weights } = await writeSaelens(model);
  const dropped = new Map([
    ["cfg.json", blob(JSON.stringify(config))],
    ["sae_weights.safetensors", blob(weights)],
  ]);
  expect(isPeer([...dropped.keys()])).toBe(true);
  const store = memoryStore();
  const draft = await store.edit("runs/peer");
  for (const [name, content] of await importPeer(dropped)) await draft.write(name, content);
  await draft.close();
  const session = await RunSession.open(store, "runs/peer");
  const info = await session.info();
  expect(info).toMatchObject({ conceptCount: 5, codes: "scalar", channels: 6, state: "imported", samples: undefined });
  expect(info.withoutSamples).toMatch(/not trained here/);
  const atoms = model.dictionary.atoms();
  const [first] = await session.atoms([0]);
  expect(first?.values).toEqual(Float32Array.from(atoms.dataSync().subarray(0, 6)));
  atoms.dispose();
  model.dispose();
  await session.close();
});

test("a folder without its weights is refused by name", async () => {
  await expect(importPeer(new Map([["cfg.json", blob("{}")]]))).rejects.toMatchObject({
    code: "import.files",
    message: expect.stringContaining("sae_weights.safetensors"),
  });
});
