import { homedir } from "node:os";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { concatenate } from "@saeno/datasets";
import { cachedFlow, imageFolder, mnist, npyDataset } from "@saeno/datasets/node";
import { type DataKind, type DataKinds, fromFile, interpolated } from "../data/data-source.ts";
import { flowKind, generatedKinds } from "../data/generated-data.ts";
import { delayedProgress } from "../reporter.ts";

/** Where generated data is kept between runs. */
export function cacheDirectory(): string {
  return process.env.SAENO_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "saeno");
}

const images: DataKind = {
  usage: "images:DIR",
  async open(settings, directory, reporter) {
    required("images", directory);
    const { limit = 4000, test = 400, crop, color, whiten, seed } = settings;
    reporter.say(`images: ${limit} training crops and ${test} held-out crops of ${crop} x ${crop} from ${directory}`);
    const { update, stop } = delayedProgress(reporter, "read images");
    const options = { directory, crop, color, whiten, seed, count: limit, testCount: test, onProgress: update };
    const parts = await imageFolder(options).finally(stop);
    return interpolated(settings.data, { ...parts, all: concatenate(parts.train, parts.test) });
  },
};

/** What Node can open: files, and generated data, flow from a cache. */
export const nodeKinds: DataKinds = {
  mnist: {
    usage: "mnist:DIR",
    wholeFile: true,
    open: async (settings, directory) => fromFile(settings, await mnist({ directory: required("mnist", directory) })),
  },
  images,
  npy: {
    usage: "npy:FILE",
    wholeFile: true,
    open: async (settings, file) => fromFile(settings, await npyDataset({ file: required("npy", file) })),
  },
  ...generatedKinds,
  flow: flowKind(
    (options) => cachedFlow(options, cacheDirectory()),
    () => `, kept in ${cacheDirectory()}`,
  ),
};

function required(kind: string, place: string): string {
  if (place !== "") return place;
  throw new SaenoError("data.spec", `--data ${kind} needs a place: ${nodeKinds[kind].usage}.`);
}
