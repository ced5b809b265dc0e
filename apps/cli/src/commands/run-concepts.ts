/** What a run folder holds of its concepts: the index, the pages, and the names that people gave; and the report that shows them. */
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SaenoError } from "@saeno/backend";
import type { Dataset } from "@saeno/datasets";
import { nodeFiles } from "@saeno/datasets/node";
import { conceptNames, type RunFile } from "@saeno/experiments";
import { folderStore, makeFolder, writeWhole } from "@saeno/experiments/node";
import { modelHash, type OpenedIndex, openIndex } from "@saeno/inspect";
import { harvestedImages } from "@saeno/networks";
import {
  conceptFolder,
  conceptPages,
  defaultPages,
  indexFile,
  indexOfRun,
  knowConcepts,
  type ReportedRun,
  reportOfRun,
  runFiles,
  samplesOfIndex,
  withConceptName,
} from "@saeno/report";
import { InvalidArgumentError } from "commander";
import { whole } from "../flags/numbers.ts";
import type { Output } from "../terminal/output.ts";
import { networkKnowledge } from "./run-effects.ts";

export const pagesFlag = "--pages <n>";
export const pagesHelp: string = `how many concepts get a page, the most costly to lose first: a number, or all; 0 for none (default: ${defaultPages})`;

/** `256`, or `all`. */
export function pageCount(text: string): number {
  if (text === "all") return Number.POSITIVE_INFINITY;
  try {
    return whole(text);
  } catch {
    throw new InvalidArgumentError("Give a whole number, or all.");
  }
}

/** The index, the report and the pages of a run that was just trained, for its folder at a place. */
export async function* newRunFiles(
  run: ReportedRun,
  {
    place,
    pages,
    reporter,
  }: { readonly place: string; readonly pages?: number | undefined; readonly reporter: Output },
): AsyncGenerator<RunFile> {
  const bytes = await indexOfRun(run, reporter);
  yield { name: indexFile, content: bytes };
  const names = await conceptNames(folderStore, place);
  const { close, ...network } = await networkKnowledge(place, run.model, reporter);
  try {
    const known = await knowConcepts(run, { index: await openIndex(bytes), names, pages, ...network });
    const source = await harvestedImages(run.source, run.config.data, nodeFiles);
    yield* runFiles({ ...run, source, known }, reporter);
  } finally {
    await close();
  }
}

export interface WriteReportOptions {
  readonly pages?: number | undefined;
  /** Whether pages that are there are written again. */
  readonly anew: boolean;
  readonly output: Output;
}

/** Writes the report of a run folder again, and pages of its concepts; an index of this model that is there is kept. */
export async function writeReport(
  path: string,
  given: ReportedRun,
  { pages, anew, output }: WriteReportOptions,
): Promise<void> {
  const run = { ...given, source: await harvestedImages(given.source, given.config.data, nodeFiles) };
  const { close, ...network } = await networkKnowledge(path, run.model, output);
  const names = await conceptNames(folderStore, path);
  const there = await indexThere(path, indexFile, { model: await modelHash(run.model) }, output);
  try {
    const written = there === undefined ? [] : await pagesThere(path);
    if (there !== undefined && (samplesOfIndex(run, there) === undefined || (!anew && written.length > 0))) {
      // Pages of samples that are not at hand stay as they are.
      const known = { index: there, names, pages: written, ...network };
      await writeWhole(join(path, "report.html"), await reportOfRun({ ...run, known }));
      return;
    }
    const bytes = there === undefined ? await indexOfRun(run, output) : undefined;
    if (bytes !== undefined) await writeWhole(join(path, indexFile), bytes);
    const index = there ?? (await openIndex(bytes ?? new Uint8Array()));
    const known = await knowConcepts(run, { index, names, pages, others: pages === 0 ? [] : written, ...network });
    await writeFiles(path, runFiles({ ...run, known }, output));
  } finally {
    await close();
    await there?.close();
  }
}

export interface WritePagesOptions {
  readonly model: ReportedRun["model"];
  readonly dataset: Dataset;
  readonly sampleShape: readonly number[];
  readonly title: string;
  readonly index: OpenedIndex;
  readonly concepts: readonly number[];
  /** Whether these are added to pages that are there. */
  readonly added: boolean;
  readonly output: Output;
}

/** Writes pages of concepts into a run folder. */
export async function writePages(
  path: string,
  { added, output, concepts, ...options }: WritePagesOptions,
): Promise<void> {
  if (concepts.length === 0) {
    // Those of the last index would say something else.
    if (!added) await rm(join(path, conceptFolder), { recursive: true, force: true });
    return;
  }
  const names = await conceptNames(folderStore, path);
  const others = added ? await pagesThere(path) : [];
  const progress = output.progress("pages of concepts", concepts.length);
  const { close, ...network } = await networkKnowledge(path, options.model, output);
  const onProgress = (done: number) => progress.update(done);
  const files = conceptPages({ ...options, ...network, concepts, names, others, onProgress });
  try {
    await writeFiles(path, files, added);
  } finally {
    progress.stop();
    await close();
  }
}

/** Writes files into a folder; pages take the place of all that are there, unless they are added. */
async function writeFiles(path: string, files: AsyncIterable<RunFile>, added = false): Promise<void> {
  const made = new Set<string>();
  if (!added) await rm(join(path, conceptFolder), { recursive: true, force: true });
  for await (const { name, content, light } of files) {
    const file = join(path, name);
    const folder = dirname(file);
    if (!made.has(folder)) await makeFolder(folder);
    made.add(folder);
    await writeWhole(file, content, { light });
  }
}

/** The concepts that have a page in a run folder. */
export async function pagesThere(path: string): Promise<number[]> {
  const names = await folderStore.names(join(path, conceptFolder));
  return names.flatMap((name) => (/^\d+\.html$/.test(name) ? [Number.parseInt(name, 10)] : []));
}

/** An index in a run folder; `undefined` where there is none, or it is damaged or of something else, which is said. */
export async function indexThere(
  path: string,
  file: string,
  { model, data }: { readonly model: string; readonly data?: string },
  { say }: Output,
): Promise<OpenedIndex | undefined> {
  const source = await folderStore.open(path, file);
  if (source === undefined) return undefined;
  const isOld = (what: string) => void say(`${join(path, file)} is ${what}: it is made again`);
  try {
    const index = await openIndex(source, { model });
    if (data === undefined || data === index.data) return index;
    isOld(`of ${index.data}`);
  } catch (error) {
    if (!SaenoError.isInstance(error) || !["index.model", "index.format"].includes(error.code)) {
      await source.close?.();
      throw error;
    }
    isOld(error.code === "index.model" ? "of another model" : "damaged");
  }
  await source.close?.();
  return undefined;
}

/** Puts the name of a concept, or its absence, into the report and the pages of a run folder. @returns how many say it now. */
export async function renameInPages(path: string, concept: number, name: string): Promise<number> {
  const inFolder = async (folder: string) =>
    (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".html")).map((file) => join(folder, file));
  const report = (await inFolder(path)).filter((file) => file.endsWith("report.html"));
  let changed = 0;
  for (const file of [...report, ...(await inFolder(join(path, conceptFolder)))]) {
    const before = await readFile(file, "utf8");
    const after = withConceptName(before, concept, name);
    if (after === before) continue;
    await writeWhole(file, after, { light: true });
    changed++;
  }
  return changed;
}
