/**
 * After the pages are built: the one that is a single file goes beside the other, and the models that the studio opens with are trained into dist/demo, run
 * folders as any other, indexed, their concepts named after the shapes. One explains a network, which is there too.
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { conceptsInUse, demonstration, foundConcepts, jsonOf, memoryStore, runInto } from "@saeno/experiments";
import { encodeIndex, indexConcepts } from "@saeno/inspect";

import { networkRun } from "./network-run.js";

/** |cosine| from which on a concept has the name of a shape. */
const alike = 0.8;
const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");

await rename(join(dist, "single/index.html"), join(dist, "single.html"));
await rm(join(dist, "single"), { recursive: true });

await useBackend(wasmBackend);
for (const [name, config] of demonstration()) {
  const store = memoryStore();
  const place = `demo/${name}`;
  const { model } = await runInto(store, place, config, {
    checkpoints: { tidy: true },
    async *files({ model, source, summary }) {
      const found = foundConcepts(model, source, conceptsInUse(summary)).filter(({ cosine }) => cosine > alike);
      const names = Object.fromEntries(found.map(({ concept, name }) => [concept, name]));
      yield { name: "concepts.idx", content: encodeIndex(await indexConcepts(model, source.test)) };
      yield { name: "names.json", content: jsonOf(names) };
    },
  });
  model.dispose();
  await put(place, store.folders.get(place));
}
await put("demo/network", await networkRun());

async function put(place, files) {
  for (const [file, content] of [...files, ["listing.json", jsonOf({ names: [...files.keys()] })]]) {
    await mkdir(dirname(join(dist, place, file)), { recursive: true });
    await writeFile(join(dist, place, file), content);
  }
}
