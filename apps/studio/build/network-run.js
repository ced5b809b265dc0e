/** A run that explains a layer of the network of shapes, with the network and drawings beside it, as the studio opens them from any host. */
import { register } from "@saeno/backend";
import { defineDataset, memoryBytes } from "@saeno/datasets";
import { jsonOf, memoryStore, resolveRunConfig, runInto } from "@saeno/experiments";
import { encodeIndex, indexConcepts } from "@saeno/inspect";
import { networkData } from "@saeno/networks";
import { strictObject, string } from "valibot";
import { drawings, mixtures, shapeNames, shapeNetwork } from "./shape-network.js";

const settings = {
  data: "network:network/model.json#mixed,images:drawings,mean=0.5",
  model: "fno",
  modes: [8],
  concepts: 16,
  active: 4,
  density: 0.008,
  lr: 0.04,
  steps: 400,
  normalize: "none",
  batch: 32,
};
/** Drawings to train on, and held out. */
const [trained, held] = [800, 16];
/** Cosine from which on a concept has the name of a shape. */
const alike = 0.8;

/** The files of its folder. */
export async function networkRun() {
  const files = new Map([...shapeNetwork()].map(([name, content]) => [`network/${name}`, content]));
  register(
    networkData({ open: async (path) => memoryBytes(files.get(path), path), list: async () => undefined }),
    defineDataset({
      kind: "images",
      summary: "drawings of shapes",
      schema: strictObject({ directory: string() }),
      shorthand: { option: "directory", rest: true },
      open: async () => ({ train: drawings(trained, 1), test: drawings(held, 2) }),
    }),
  );
  const store = memoryStore();
  const { model } = await runInto(store, "run", resolveRunConfig(settings), {
    checkpoints: { tidy: true },
    async *files({ model, source }) {
      yield { name: "concepts.idx", content: encodeIndex(await indexConcepts(model, source.test)) };
      yield { name: "names.json", content: jsonOf(await namesOf(model)) };
      yield* inFiles("samples", source.test);
      yield* inFiles("images", drawings(held, 2));
    },
  });
  model.dispose();
  const described = { network: "network/model.json", layer: "mixed", input: { mean: [0.5] }, classes: shapeNames() };
  return new Map([...store.folders.get("run"), ["network.json", jsonOf(described)], ...files]);
}

/** A dataset as the studio reads it from a host of files. */
async function* inFiles(stem, { name, size, grid, channels, read }) {
  const values = await read(Int32Array.from({ length: size }, (_, i) => i));
  yield { name: `${stem}.json`, content: jsonOf({ name, size, grid, channels, sampleShape: [...grid, channels] }) };
  yield { name: `${stem}.f32`, content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** Concepts by the shape whose mixture of channels they have in their middle. */
async function namesOf({ dictionary }) {
  const atoms = dictionary.atoms();
  const [count, height, width, channels] = atoms.shape;
  const values = await atoms.data();
  atoms.dispose();
  const names = shapeNames();
  const found = Array.from({ length: count }, (_, concept) => {
    const at = ((concept * height + (height >> 1)) * width + (width >> 1)) * channels;
    const middle = Array.from(values.subarray(at, at + channels));
    const cosines = mixtures(names.length).map(
      (mixture) => mixture.reduce((sum, value, c) => sum + value * middle[c], 0) / Math.hypot(...middle),
    );
    const best = Math.max(...cosines);
    return best > alike ? [[concept, names[cosines.indexOf(best)]]] : [];
  });
  return Object.fromEntries(found.flat());
}
