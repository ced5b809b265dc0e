import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@saeno/backend";
import { cacheDirectory, fetchMnist, fetchPhotographs } from "@saeno/datasets/node";
import type { FoundData } from "../recipes/plan-figure.ts";
import type { Recipe, Scale } from "../recipes/recipe.ts";
import { delayedProgress, type Reporter, silent } from "../reporter.ts";

/** Data of other people that recipes name. */
interface KnownData {
  /** Below the folder of `--data`. */
  readonly folder: string;
  /** What has to be there. */
  readonly holds: (folder: string) => boolean;
  /** `--data` of `saeno train`, for what follows the name and a colon. */
  readonly spec: (folder: string, part: string) => string;
  readonly wanted: string;
  readonly fetch?: (directory: string, onProgress: (done: number, total: number) => void) => Promise<unknown>;
}

const known: Readonly<Record<string, KnownData>> = {
  mnist: {
    folder: "mnist",
    holds: (folder) => ["", ".gz"].some((ending) => existsSync(join(folder, `t10k-images-idx3-ubyte${ending}`))),
    spec: (folder) => `mnist:${folder}`,
    wanted: "t10k-images-idx3-ubyte.gz of MNIST in mnist/",
    fetch: (directory, onProgress) => fetchMnist({ directory, part: "test", onProgress }),
  },
  photographs: {
    folder: "bsds",
    holds: (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".jpg")),
    spec: (folder) => `images:${folder}`,
    wanted: "photographs of the Berkeley Segmentation Data Set (.jpg) in bsds/",
    fetch: (directory, onProgress) => fetchPhotographs({ directory, onProgress }),
  },
  darcy: {
    folder: "darcy",
    holds: (folder) => existsSync(join(folder, "darcy_train_16_y.npy")),
    spec: (folder, part) => `npy:${join(folder, `darcy_${part}.npy`)}`,
    wanted:
      "darcy_train_16_y.npy, darcy_test_16_y.npy and darcy_test_32_y.npy in darcy/ (the small Darcy flow data of neuraloperator, arrays [samples, 1, N, N])",
  },
};

/**
 * Looks for the data that recipes need in the folder given and among what was downloaded before, and downloads the rest where that is
 * possible.
 */
export async function findData(
  recipes: readonly Recipe[],
  options: {
    readonly scale: Scale;
    readonly folder?: string | undefined;
    readonly download?: boolean | undefined;
    readonly reporter?: Reporter | undefined;
  },
): Promise<FoundData> {
  const { folder, scale, reporter = silent } = options;
  const wanted = new Set(recipes.flatMap((recipe) => namesIn(recipe, scale)));
  const places = new Map<string, string>();
  const problems = new Map<string, string>();
  for (const name of wanted) {
    const data = known[name];
    const candidates = [...(folder === undefined ? [] : [join(folder, data.folder), folder]), downloaded(data)];
    const found =
      candidates.find(data.holds) ?? (options.download ? await download(name, data, reporter, problems) : undefined);
    if (found !== undefined) places.set(name, found);
  }
  return {
    place(text) {
      const [name, part] = split(text);
      const found = places.get(name);
      return found === undefined ? text : known[name].spec(found, part);
    },
    missing(recipe) {
      const missing = namesIn(recipe, scale).filter((name) => !places.has(name));
      if (missing.length === 0) return undefined;
      const where = folder === undefined ? "a folder, and name it with --data" : `${folder}`;
      const reasons = missing.flatMap((name) => problems.get(name) ?? []).join(" ");
      return `It needs data that is not there: put ${missing.map((name) => known[name]?.wanted).join("; ")} below ${where}. ${reasons}`.trim();
    },
  };
}

function downloaded({ folder }: KnownData): string {
  return join(cacheDirectory(), "data", folder);
}

/** @returns where it is; `undefined` where it cannot be had, with the reason among the problems. */
async function download(
  name: string,
  data: KnownData,
  reporter: Reporter,
  problems: Map<string, string>,
): Promise<string | undefined> {
  if (data.fetch === undefined) return undefined;
  const directory = downloaded(data);
  reporter.say(`downloading ${name} into ${directory}`);
  const progress = delayedProgress(reporter, `download ${name}`);
  try {
    await data.fetch(directory, progress.update);
    return directory;
  } catch (error) {
    problems.set(name, messageOf(error));
    return undefined;
  } finally {
    progress.stop();
  }
}

/** Names of data of other people in a recipe. */
function namesIn({ base, presets, scales, runs }: Recipe, scale: Scale): string[] {
  const ofRuns = Object.values(runs).flatMap((run) => [run.settings, run.scales[scale]]);
  const settings = [base, ...Object.values(presets), scales[scale], ...ofRuns];
  const texts = settings.flatMap(({ data, testData }) => [data, ...(Array.isArray(testData) ? testData : [])]);
  const names = texts.flatMap((text) => (typeof text === "string" ? [split(text)[0]] : []));
  return [...new Set(names)].filter((name) => name in known);
}

function split(text: string): [name: string, part: string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
