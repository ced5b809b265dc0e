/** What the concepts of a run do to the outputs of the network whose maps it explains. */
import { subset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { loadRun } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { type ConceptEffects, conceptEffects, openNetworkImages } from "@saeno/networks";
import type { Output } from "../terminal/output.ts";
import { networkSource } from "./eval-fidelity.ts";

export interface EffectsWanted {
  /** `NET#LAYER,images:DIR`; absent for the network of the run's own data. */
  readonly network?: string | undefined;
  /** The output that is looked at. */
  readonly output?: string | undefined;
  readonly samples: number;
}

/** Of images that were held out. @throws SaenoError as `networkSource` and `conceptEffects`. */
export async function effectsOfRun(
  path: string,
  { network: place, output: name, samples }: EffectsWanted,
  output: Output,
): Promise<ConceptEffects> {
  const data = place === undefined ? {} : { data: `network:${place}` };
  const run = await loadRun(folderStore, path, { ...data, ownData: place?.includes(",") !== true, reporter: output });
  try {
    const outputs = name === undefined ? undefined : [name];
    const source = networkSource(place ?? true, run.config.data, path);
    const opened = await openNetworkImages(source, nodeFiles, { seed: run.config.seed, reporter: output, outputs });
    const { network, layer, images } = opened;
    try {
      const held = images.test;
      const dataset = samples < held.size ? subset(held, { start: 0, end: samples }) : held;
      const progress = output.progress("edit concepts", dataset.size);
      return await conceptEffects(run.model, network, layer, dataset, {
        attribution: false,
        onProgress: (done) => progress.update(done),
      }).finally(() => progress.stop());
    } finally {
      await images.all.close?.();
      network.dispose();
    }
  } finally {
    run.model.dispose();
  }
}
