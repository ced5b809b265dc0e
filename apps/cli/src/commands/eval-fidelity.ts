/** What a network says with a run's reconstructions in the place of its activations. */
import { SaenoError } from "@saeno/backend";
import { type DataConfig, type DataPart, parseDataSource, subset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import type { LoadedRun } from "@saeno/experiments";
import { type Fidelity, fidelity, openNetworkImages } from "@saeno/networks";
import { dataSource } from "../flags/paths.ts";
import type { Output } from "../terminal/output.ts";
import { textTable } from "../terminal/text-table.ts";

export interface FidelityWanted {
  /** `NET#LAYER,images:DIR`, the part before the comma, or `true` for the run's own. */
  readonly place: string | true;
  readonly outputs?: readonly string[] | undefined;
  readonly samples: number;
  readonly split: DataPart;
}

/** @throws SaenoError `eval.fidelity` where neither the run nor the flag names a network, and as `fidelity`. */
export async function evaluateFidelity(
  { model, config, path }: LoadedRun,
  { place, outputs, samples, split }: FidelityWanted,
  output: Output,
): Promise<Fidelity> {
  const source = networkSource(place, config.data, path);
  const opened = await openNetworkImages(source, nodeFiles, { seed: config.seed, reporter: output, outputs });
  const { network, layer, images } = opened;
  try {
    const all = images[split];
    const dataset = samples < all.size ? subset(all, { start: 0, end: samples }) : all;
    const progress = output.progress(`splice into ${layer}`, 2 * dataset.size);
    const onProgress = (done: number) => progress.update(done);
    return await fidelity(model, network, layer, dataset, { onProgress }).finally(() => progress.stop());
  } finally {
    await images.all.close?.();
    network.dispose();
  }
}

/** A place `NET#LAYER,images:DIR` as data is named, which it may be already. */
export function networkText(place: string): string {
  return place.startsWith("network:") ? place : `network:${place}`;
}

/** @throws SaenoError `eval.fidelity`. */
export function networkSource(place: string | true, own: DataConfig, path: string): DataConfig {
  if (place === true) {
    if (own.kind === "network") return own;
    const problem = `${path} was not trained on a network's maps as they are computed`;
    throw new SaenoError("eval.fidelity", `${problem}: name the network and its images, NET#LAYER,images:DIR.`);
  }
  const { limit, test } = own;
  const parts = { ...(limit === undefined ? {} : { limit }), ...(test === undefined ? {} : { test }) };
  const given = parseDataSource(dataSource(networkText(place)));
  if (given.source !== undefined) return { ...given, ...parts };
  if (own.kind === "network") return { ...own, ...given };
  throw new SaenoError("eval.fidelity", `${place} does not say which images: write ${place},images:DIR.`);
}

export function fidelityText({ network, layer, samples, relativeError, outputs }: Fidelity): string {
  const number = (value: number | undefined) => (value === undefined ? "" : value.toFixed(4));
  const isClassifier = outputs.some(({ changes }) => changes.zero.divergence !== undefined);
  const rows = outputs.flatMap(({ output, changes, recovered }) =>
    (["reconstruction", "zero", "mean"] as const).map((replacement) => {
      const { relativeError: error, correlation, agreement, divergence } = changes[replacement];
      return [
        replacement === "reconstruction" ? output : "",
        replacement,
        number(error),
        number(correlation),
        ...(isClassifier ? [number(agreement), number(divergence)] : []),
        replacement === "reconstruction" ? "" : number(recovered[replacement]),
      ];
    }),
  );
  const heading = [
    "output",
    "in the layer's place",
    "relative error",
    "correlation",
    ...(isClassifier ? ["same class", "KL"] : []),
    "recovered",
  ];
  return [
    `${network} with ${layer} replaced, ${samples} samples; relative error of the maps ${number(relativeError)}`,
    textTable([heading, ...rows]),
    "recovered: how much of the change by zeros, or by means of channels, reconstructions undo",
  ].join("\n\n");
}
