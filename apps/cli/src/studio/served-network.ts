/** The network whose maps a run explains, for the page to open: its files, what it is given, and the images. */
import { dirname, relative, sep } from "node:path";
import { parseJson } from "@saeno/backend";
import type { DataConfig, Dataset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { loadConfig, type RunConfig } from "@saeno/experiments";
import { folderStore } from "@saeno/experiments/node";
import { type InputOptions, inputOptions, networkFiles, openNetworkImages } from "@saeno/networks";
import * as v from "valibot";

export interface ServedNetwork {
  /** What `network.json` says: where its graph is as seen from the run, its layer, and what it is given. */
  readonly described: { readonly network: string; readonly layer: string; readonly input: object };
  /** Its files by their paths below `network/`. */
  readonly files: ReadonlyMap<string, string>;
  /** Those that are held out, as the network takes them. */
  images(): Promise<Dataset>;
}

/** Nothing for a run of other data, or whose network is not there. */
export async function networkOf(folder: string): Promise<ServedNetwork | undefined> {
  try {
    const config = await loadConfig(folderStore, folder);
    const { data, seed } = config.data.kind === "network" ? config : ((await harvestedFrom(config.data)) ?? {});
    const [, source = "", layer = ""] = /^(.*)#(.*)$/.exec(String(data?.network)) ?? [];
    return data && (await served(source, layer, data, seed ?? config.seed));
  } catch {
    // What it says is told where its data is opened.
    return undefined;
  }
}

async function served(
  source: string,
  layer: string,
  data: DataConfig,
  seed: number,
): Promise<ServedNetwork | undefined> {
  const paths = await networkFiles(source, nodeFiles);
  // Of other kinds than the page opens.
  if (paths === undefined && !/^((tfjs|onnx):)?https?:/.test(source)) return undefined;
  const files = new Map<string, string>();
  for (const path of paths ?? []) {
    // Nothing beside the folder of the graph, whatever the graph says.
    const name = relative(dirname(paths?.[0] ?? path), path)
      .split(sep)
      .join("/");
    if (!name.startsWith("..")) files.set(name, path);
  }
  const [graph] = files.keys();
  const [kind = ""] = /^(tfjs|onnx):/.exec(source) ?? [];
  return {
    described: {
      network: graph === undefined ? source : `${kind}network/${graph}`,
      layer,
      // It was checked when it was read.
      input: inputOptions(data as unknown as InputOptions),
    },
    files,
    async images() {
      const { network, images } = await openNetworkImages(data, nodeFiles, { seed });
      network.dispose();
      return images.test;
    },
  };
}

const harvestSchema = v.object({
  settings: v.object({
    network: v.string(),
    layer: v.string(),
    preprocessing: v.object({
      size: v.exactOptional(v.array(v.number())),
      range: v.string(),
      mean: v.exactOptional(v.array(v.number())),
      deviation: v.exactOptional(v.array(v.number())),
      layout: v.string(),
    }),
    source: v.string(),
    samples: v.number(),
    test: v.number(),
  }),
  /** How they were opened. */
  images: v.exactOptional(v.object({ data: v.looseObject({ kind: v.string() }), seed: v.number() })),
});

/** What a store of maps was made of, as data of a network. */
async function harvestedFrom({
  kind,
  file,
}: RunConfig["data"]): Promise<{ readonly data: DataConfig; readonly seed?: number } | undefined> {
  const bytes = kind === "safetensors" && (await folderStore.read(String(file), "harvest.json"));
  if (!bytes) return undefined;
  const { settings, images } = v.parse(harvestSchema, parseJson(bytes, "harvest.json"));
  const { network, layer, preprocessing, source, samples, test } = settings;
  const { size, range, mean, deviation, layout } = preprocessing;
  const data = {
    kind: "network",
    network: `${network}#${layer}`,
    source: images?.data ?? source,
    range,
    inputLayout: layout,
    ...(size && { size: size.join("x") }),
    ...(mean && { mean: mean.join("/") }),
    ...(deviation && { deviation: deviation.join("/") }),
    ...(test > 0 && { limit: samples - test, test }),
  };
  return { data, ...(images && { seed: images.seed }) };
}
