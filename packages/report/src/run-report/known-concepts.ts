import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset, OpenedData } from "@saeno/datasets";
import { subset } from "@saeno/datasets";
import { type Reporter, type RunEvaluation, samplesInWords, silent } from "@saeno/experiments";
import { type ConceptIndex, encodeIndex, indexConcepts, type OpenedIndex, openIndex } from "@saeno/inspect";
import { evenIndices } from "@saeno/metrics";
import { byCost } from "../concepts/concept-data.ts";
import { conceptFolder, type NetworkKnowledge } from "../concepts/concept-pages.ts";
import type { ReportModel } from "../data/report-data.ts";

/** What is known about the concepts of a run besides its evaluation. */
export interface KnownConcepts extends NetworkKnowledge {
  readonly index: OpenedIndex;
  readonly names: ReadonlyMap<number, string>;
  /** Those that have a page, or get one. */
  readonly pages: readonly number[];
  /** Where the run folder is, seen from the report, such as `fno/`. Default: the report is in it. */
  readonly folder?: string;
}

/** The parts of a run that an index of its concepts is made from. */
export interface IndexedRun {
  readonly model: SparseAutoencoder;
  readonly source: OpenedData;
  readonly summary: Pick<RunEvaluation, "split">;
  readonly trained?: boolean;
}

/** Samples of an index that is made beside an evaluation, at most. */
const mostSamples = 2000;

/** The file of the index in a run folder. */
export const indexFile = "concepts.idx";

/** How many concepts get a page, those that cost most to lose. */
export const defaultPages = 256;

/** The samples that a run is evaluated on, named in words. */
function evaluatedSamples({ source, summary, trained = true }: Omit<IndexedRun, "model">): Dataset {
  const { split = "test" } = summary;
  const dataset = source[split];
  return { ...dataset, name: samplesInWords(source, split, dataset.size, trained) };
}

/**
 * An index of the concepts of a run, as the bytes of a file. It is made from the samples that the run is evaluated on, at most 2,000, spread evenly, which
 * keep their numbers. A backend must be in use.
 */
export async function indexOfRun(
  run: IndexedRun,
  { progress }: Pick<Reporter, "progress"> = silent,
): Promise<Uint8Array> {
  const dataset = evaluatedSamples(run);
  const indices = evenIndices(dataset, mostSamples);
  const some = { ...subset(dataset, indices), name: boundedName(dataset) };
  const bar = progress("look at concepts", some.size);
  const index = await indexConcepts(run.model, some, { onProgress: (done) => bar.update(done) }).finally(() =>
    bar.stop(),
  );
  return encodeIndex(numbered(index, indices));
}

/**
 * The samples of an index, under the numbers that it has for them, if they are from the data of a run: those it is evaluated on, or another part. Nothing
 * if they are from other data.
 */
export function samplesOfIndex(
  { source, trained }: Pick<IndexedRun, "source" | "trained">,
  { data }: Pick<OpenedIndex, "data">,
): Dataset | undefined {
  const parts = (["test", "train", "all"] as const).map((split) =>
    evaluatedSamples({ source, summary: { split }, ...(trained === undefined ? {} : { trained }) }),
  );
  return parts.find((dataset) => data === dataset.name || data === boundedName(dataset));
}

function boundedName(dataset: Dataset): string {
  const { length } = evenIndices(dataset, mostSamples);
  return length === dataset.size ? dataset.name : `${length} of ${dataset.name}, spread evenly`;
}

/** An index of some samples, under the numbers of all. */
function numbered(index: ConceptIndex, indices: readonly number[]): ConceptIndex {
  const all = <Sample extends { readonly sample: number }>(records: readonly Sample[]) =>
    records.map((record) => ({ ...record, sample: indices[record.sample] }));
  return {
    ...index,
    concepts: index.concepts.map((concept) => ({ ...concept, top: all(concept.top), drawn: all(concept.drawn) })),
  };
}

export interface KnowOptions extends NetworkKnowledge {
  /** An index that is there. Default: a new one. */
  readonly index?: OpenedIndex | undefined;
  readonly names?: ReadonlyMap<number, string>;
  /** How many concepts get a page, those that cost most to lose. Default 256. */
  readonly pages?: number | undefined;
  /** Others that get one. */
  readonly others?: readonly number[];
  readonly reporter?: Reporter;
}

/** What the report and the pages of a run say about its concepts. The caller closes the index. */
export async function knowConcepts(run: IndexedRun, options: KnowOptions = {}): Promise<KnownConcepts> {
  const {
    names = new Map(),
    pages = defaultPages,
    others = [],
    reporter,
    effects,
    changed,
    encodePhotograph,
  } = options;
  const index = options.index ?? (await openIndex(await indexOfRun(run, reporter)));
  const network = {
    ...(effects === undefined ? {} : { effects }),
    ...(changed === undefined ? {} : { changed }),
    ...(encodePhotograph === undefined ? {} : { encodePhotograph }),
  };
  return { index, names, pages: chosenPages(index, pages, others), ...network };
}

/** The concepts that cost most to lose, without those that are active nowhere; and others. */
export function chosenPages(
  { summaries }: Pick<OpenedIndex, "summaries">,
  count: number,
  others: readonly number[] = [],
): number[] {
  const active = byCost(summaries.filter((summary) => summary.count > 0)).slice(0, count);
  return [...new Set([...active, ...others])];
}

/** What a report shows of it. */
export function shownOfConcepts({
  index,
  names,
  pages,
  effects,
  folder = "",
}: KnownConcepts): Pick<ReportModel, "costs" | "names" | "pages" | "effects"> {
  const { data, error, power, summaries } = index;
  return {
    costs: { measuredOn: data, error, power, values: summaries.map(({ cost }) => cost) },
    names,
    ...(effects === undefined ? {} : { effects }),
    pages: new Map(pages.map((concept) => [concept, `${folder}${conceptFolder}/${concept}.html`])),
  };
}
