/** What the concepts of a run do to the outputs of the network whose maps it explains, kept in `effects.json` of its folder; and pictures of it. */
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { subset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { loadRun } from "@saeno/experiments";
import { folderStore, writeWhole } from "@saeno/experiments/node";
import {
  type EffectEdit,
  encodeEffects,
  findEffects,
  type KeptEffects,
  modelHash,
  readEffects,
  withEffects,
} from "@saeno/inspect";
import { conceptEffects, editedOutput, type NetworkImages, openNetworkImages, readClasses } from "@saeno/networks";
import { type ChangedOutput, type EncodePhotograph, mapOutline, type NetworkKnowledge } from "@saeno/report";
import type { Output } from "../terminal/output.ts";
import { networkSource, networkText } from "./eval-fidelity.ts";

export interface EffectsWanted {
  /** `NET#LAYER,images:DIR`; absent for the network of the run's own data. */
  readonly network?: string | undefined;
  /** The output that is looked at. */
  readonly output?: string | undefined;
  /** A file of names of its channels. */
  readonly classes?: string | undefined;
  readonly edit: EffectEdit;
  readonly samples: number;
}

const effectsFile = "effects.json";

/**
 * Of images that were held out: those that are kept, or else measured and kept.
 *
 * @throws SaenoError as `networkSource` and `conceptEffects`.
 */
export async function effectsOfRun(
  path: string,
  wanted: EffectsWanted,
  output: Output,
): Promise<{ readonly effects: KeptEffects; readonly isNew: boolean }> {
  const { network: place, output: name, edit } = wanted;
  const data = place === undefined ? {} : { data: networkText(place) };
  const run = await loadRun(folderStore, path, { ...data, ownData: place?.includes(",") !== true, reporter: output });
  try {
    const { classes: declared, ...source } = networkSource(place ?? true, run.config.data, path);
    const { seed } = run.config;
    const classes = wanted.classes ?? (typeof declared === "string" ? declared : undefined);
    const channelNames = classes === undefined ? {} : { channelNames: await readClasses(nodeFiles, classes) };
    const kept = await effectsThere(path);
    const key = { model: await modelHash(run.model), data: source, seed, edit };
    const keep = async (effects: KeptEffects) => {
      await writeWhole(join(path, effectsFile), encodeEffects(withEffects(kept, effects)));
      return { effects, isNew: true };
    };
    const open = () =>
      openNetworkImages(source, nodeFiles, {
        seed,
        reporter: output,
        outputs: name === undefined ? undefined : [name],
      });
    // Which output a part of a name means only the network knows.
    const there = findEffects(
      kept.filter((each) => name === undefined || each.output === name || each.output.endsWith(`/${name}`)),
      { ...key, samples: wanted.samples },
    );
    if (there !== undefined) {
      const isSame = classes === undefined || there.channelNames?.join("\n") === channelNames.channelNames?.join("\n");
      return isSame ? { effects: there, isNew: false } : await keep({ ...there, ...channelNames });
    }
    return await withNetwork(open, async ({ network, layer, images }) => {
      const held = images.test;
      const samples = Math.min(wanted.samples, held.size);
      const dataset = subset(held, { start: 0, end: samples });
      const measure = (attribution: boolean) => {
        const progress = output.progress("edit concepts", samples);
        const onProgress = (done: number) => progress.update(done);
        return conceptEffects(run.model, network, layer, dataset, { ...edit, attribution, onProgress }).finally(() =>
          progress.stop(),
        );
      };
      const effects = await measure(true).catch((error: unknown) => {
        if (!SaenoError.isInstance(error) || error.code !== "effects.gradient") throw error;
        output.say(`Attribution is left out: ${error.message}`, "warning");
        return measure(false);
      });
      return keep({ ...key, ...effects, ...channelNames, all: samples === held.size });
    });
  } finally {
    run.model.dispose();
  }
}

/** Those that are kept in a run folder; the newest first. @throws SaenoError as `readEffects`. */
export async function effectsThere(path: string): Promise<readonly KeptEffects[]> {
  const bytes = await folderStore.read(path, effectsFile);
  return bytes === undefined ? [] : readEffects(bytes, join(path, effectsFile));
}

async function withNetwork<Result>(
  open: () => Promise<NetworkImages>,
  use: (opened: NetworkImages) => Promise<Result>,
): Promise<Result> {
  const opened = await open();
  try {
    return await use(opened);
  } finally {
    await opened.images.all.close?.();
    opened.network.dispose();
  }
}

/** What is known of the network of a run's model, for its pages. The caller closes it. */
export async function networkKnowledge(
  path: string,
  model: SparseAutoencoder,
  output: Output,
): Promise<NetworkKnowledge & { close(): Promise<void> }> {
  const hash = await modelHash(model);
  const effects = (await effectsThere(path)).filter((each) => each.model === hash);
  let opened: Promise<NetworkImages | undefined> | undefined;
  const openFor = ({ data, seed, output: name }: KeptEffects) =>
    openNetworkImages(data, nodeFiles, { seed, outputs: [name] }).catch((error: unknown) => {
      if (!SaenoError.isInstance(error)) throw error;
      output.say(`Pages have no pictures of outputs: ${error.message}`, "warning");
      return undefined;
    });
  return {
    ...(effects.length > 0 ? { effects } : {}),
    encodePhotograph,
    async changed(concept, kept) {
      opened ??= openFor(kept);
      const there = await opened;
      return there && changedOutput(model, there, concept, kept);
    },
    async close() {
      const there = await opened;
      await there?.images.all.close?.();
      there?.network.dispose();
    },
  };
}

/** In the image whose output it changes most. */
async function changedOutput(
  model: SparseAutoencoder,
  { network, layer, images: { test } }: NetworkImages,
  concept: number,
  { concepts, edit }: KeptEffects,
): Promise<ChangedOutput | undefined> {
  const sample = concepts.find((each) => each.concept === concept)?.sample;
  if (sample === undefined) return undefined;
  const { where, ...found } = await editedOutput(model, network, layer, test, { ...edit, concept, sample });
  const { grid, channels } = test;
  const { receptiveField } = (await network.layers(grid)).find(({ name }) => name === layer) ?? {};
  return {
    ...found,
    sample,
    image: { values: await test.read([sample]), grid, channels },
    outline: mapOutline(where.values, where.grid, { grid, receptiveField }),
  };
}

const encodePhotograph: EncodePhotograph = async ({ width, height, rgba }) => {
  const { default: sharp } = await import("sharp");
  const image = sharp(rgba, { raw: { width, height, channels: 4 } }).removeAlpha();
  return { extension: "jpg", content: await image.jpeg({ quality: 82 }).toBuffer() };
};
