/** Run folders of this machine, as the studio reads them: their files, how they are doing, and the samples of their data. */
import { lstat, readdir, realpath } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join, relative, sep } from "node:path";
import { parseJson, SaenoError } from "@saeno/backend";
import { type Dataset, datasetOn } from "@saeno/datasets";
import { conceptNames, type LoadedModel, loadConfig, openDataFor, withDataPaths } from "@saeno/experiments";
import { folderStore, followRuns, type RunState, writeWhole } from "@saeno/experiments/node";
import * as v from "valibot";
import { longestName } from "../commands/name.ts";
import { renameInPages } from "../commands/run-concepts.ts";
import { type Answer, fileAnswer, json } from "./answer.ts";
import { networkOf, type ServedNetwork } from "./served-network.ts";

export interface ServedRuns {
  /** The runs that there are, and how they are doing. */
  list(): Promise<{
    readonly runs: readonly {
      readonly place: string;
      readonly state: RunState;
      readonly step: number;
      readonly steps?: number;
    }[];
  }>;
  /** Nothing for what is not there. @param path of a file, below the folder of all runs. */
  answer(path: string, query: URLSearchParams, request: IncomingMessage): Promise<Answer | undefined>;
}

/** What the page may write. */
const written = ["names.json", "concepts.idx"];
/** Of a request, and of samples in one answer. */
const [mostBytes, mostSamples] = [2 ** 28, 256];
/** Data that is open at a time. */
const mostOpen = 4;

const namesSchema = v.record(
  v.pipe(v.string(), v.regex(/^\d+$/)),
  v.pipe(v.string(), v.maxLength(longestName), v.regex(/^\P{Cc}*$/u)),
);

export function serveRuns(root: string, only: string | undefined): ServedRuns {
  const base = only === undefined ? root : join(root, only);
  const look = followRuns(base, { staleAfter: 0 });
  const opened = new Map<string, Promise<OpenSamples>>();
  const kept = (key: string, open: () => Promise<OpenSamples>) => {
    const found = opened.get(key) ?? open();
    opened.delete(key);
    opened.set(key, found);
    found.catch(() => opened.delete(key));
    const [oldest] = opened;
    if (opened.size > mostOpen && oldest !== undefined) {
      opened.delete(oldest[0]);
      void oldest[1].then(({ dataset }) => dataset.close?.());
    }
    return found;
  };
  const samplesOf = (place: string) => kept(place, () => openSamplesOf(join(root, place)));
  const networks = new Map<string, Promise<ServedNetwork | undefined>>();
  const networkFor = async (place: string) => {
    if ((await inside(base, join(root, place))) === undefined) return undefined;
    const found = networks.get(place) ?? networkOf(join(root, place));
    networks.set(place, found);
    return found;
  };
  const imagesOf = (place: string, { images }: ServedNetwork) =>
    kept(`images of ${place}`, async () => {
      const dataset = await images();
      return { dataset, sampleShape: [...dataset.grid, dataset.channels] };
    });
  const list = async () => {
    const { runs } = await look();
    const isReachable = await Promise.all(runs.map(async ({ place }) => (await inside(base, place)) !== undefined));
    return {
      runs: runs
        .filter(({ state }, i) => state !== "waiting" && isReachable[i])
        .map(({ place, state, step, steps }) => ({
          place: `runs/${relative(root, place).split(sep).join("/")}`,
          // Whatever ended it, it can be gone on with.
          state: state === "stale" ? "interrupted" : state,
          step,
          ...(steps === undefined ? {} : { steps }),
        })),
    };
  };
  return {
    list,
    async answer(path, query, request) {
      const { method } = request;
      const parts = path.split("/");
      const name = parts.pop() ?? "";
      const place = parts.join("/");
      if (name === "" || [...parts, name].some((part) => part.startsWith("."))) return undefined;
      const [, networkPlace, networkFile = ""] = /^(.+?)\/network\/(.+)$/.exec(path) ?? [];
      const ofNetwork = networkPlace && (await networkFor(networkPlace))?.files.get(networkFile);
      if (ofNetwork && method !== "PUT") return fileAnswer(ofNetwork, request.headers.range);
      const folder = await inside(base, join(root, place));
      if (folder === undefined) return undefined;
      if (method === "PUT") return write(folder, name, request);
      if (method !== "GET" && method !== "HEAD") return undefined;
      if (name === "listing.json") {
        const names = (await readdir(folder)).filter((each) => !each.startsWith("."));
        const run = (await list()).runs.find((each) => each.place === `runs/${place}`);
        const isRun = run !== undefined;
        const isThere = (file: string) => names.includes(file);
        const withSamples = isRun && !isThere("samples.json") && (await hasFiles(folder)) ? ["samples.json"] : [];
        const withNetwork =
          isRun && !isThere("network.json") && (await networkFor(place)) !== undefined
            ? ["network.json", "images.json"]
            : [];
        // They are asked for next, and may take a while.
        if (withSamples.length > 0) samplesOf(place).catch(() => {});
        return json({
          names: [...names, ...withSamples, ...withNetwork],
          writable: isRun,
          ...(run && { state: run.state, step: run.step }),
        });
      }
      const file = join(folder, name);
      const found = await lstat(file).catch(() => undefined);
      if (found !== undefined) return found.isFile() ? fileAnswer(file, request.headers.range) : undefined;
      // What is not in the folder, and made when it is asked for.
      if (name === "samples.json" || name === "samples.f32") {
        const samples = await samplesOf(place);
        return name === "samples.json" ? json(describe(samples)) : values(samples, query);
      }
      if (name !== "network.json" && name !== "images.json" && name !== "images.f32") return undefined;
      const network = await networkFor(place);
      if (network === undefined) return undefined;
      if (name === "network.json") return json(network.described);
      const images = await imagesOf(place, network);
      return name === "images.json" ? json(describe(images)) : values(images, query);
    },
  };
}

/** Where a folder really is, links followed; nothing for one that is not there, or not in another. */
async function inside(base: string, path: string): Promise<string | undefined> {
  // What no path may hold is not there either.
  const [outer, folder] = await Promise.all([base, path].map((each) => realpath(each).catch(() => undefined)));
  return folder !== undefined && (folder === outer || folder.startsWith(`${outer}${sep}`)) ? folder : undefined;
}

/** Whether the data of a run is in files, which a page cannot open. What is generated, it makes itself. */
async function hasFiles(folder: string): Promise<boolean> {
  const config = await folderStore.read(folder, "config.json");
  const record = config && parseJson(config, "config.json");
  if (typeof record !== "object" || record === null || !("data" in record)) return false;
  let found = false;
  withDataPaths({ data: (record as LoadedModel["record"]).data }, (path) => {
    found = true;
    return path;
  });
  return found;
}

interface OpenSamples {
  readonly dataset: Dataset;
  readonly sampleShape: readonly number[];
}

async function openSamplesOf(folder: string): Promise<OpenSamples> {
  const { model, data, seed } = await loadConfig(folderStore, folder);
  const { test, sampleShape } = await openDataFor(model, data, { seed });
  return { dataset: test, sampleShape };
}

function describe({ dataset, sampleShape }: OpenSamples): object {
  const { name, size, grid, channels, labels } = dataset;
  const described = labels && { values: Array.from(labels.values), ...(labels.names && { names: labels.names }) };
  return { name, size, grid, channels, sampleShape, ...(described && { labels: described }) };
}

async function values({ dataset }: OpenSamples, query: URLSearchParams): Promise<Answer> {
  const wholes = (text: string, separator: string) => text.split(separator).filter(Boolean).map(Number);
  const indices = wholes(query.get("of") ?? "", ",");
  const grid = wholes(query.get("grid") ?? "", "x");
  const isThere = (index: number) => Number.isInteger(index) && index >= 0 && index < dataset.size;
  if (indices.length === 0 || indices.length > mostSamples || !indices.every(isThere))
    throw new SaenoError("studio.samples", `Name 1 to ${mostSamples} samples from 0 to ${dataset.size - 1}.`);
  const isGrid =
    grid.length === dataset.grid.length &&
    grid.every((points) => Number.isInteger(points) && points > 0 && points <= 4096);
  if (!isGrid) throw new SaenoError("studio.samples", `Name a grid of ${dataset.grid.length} axes.`);
  const read = await (await datasetOn(dataset, grid)).read(indices);
  return { type: "application/octet-stream", content: new Uint8Array(read.buffer, read.byteOffset, read.byteLength) };
}

/** Names of concepts, and the index of a run: what the page finds out. */
async function write(folder: string, name: string, request: IncomingMessage): Promise<Answer | undefined> {
  // Pages of others may not, whatever they ask.
  if (!written.includes(name) || request.headers["sec-fetch-site"] !== "same-origin") return undefined;
  if ((await folderStore.read(folder, "config.json")) === undefined) return undefined;
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > mostBytes) throw new SaenoError("studio.size", `${name} is larger than ${mostBytes} bytes.`);
    pieces.push(piece);
  }
  const content = Buffer.concat(pieces);
  if (name !== "names.json") {
    await writeWhole(join(folder, name), content);
    return json({});
  }
  const given = v.safeParse(namesSchema, parseJson(content, name));
  if (!given.success)
    throw new SaenoError("name.text", "Names are one line of at most 80 letters each, by the number of a concept.");
  const [before, after] = [await conceptNames(folderStore, folder), new Map(Object.entries(given.output))];
  await writeWhole(join(folder, name), content);
  for (const concept of new Set([...before.keys(), ...[...after.keys()].map(Number)])) {
    const text = after.get(String(concept)) ?? "";
    if (text !== (before.get(concept) ?? "")) await renameInPages(folder, concept, text);
  }
  return json({});
}
