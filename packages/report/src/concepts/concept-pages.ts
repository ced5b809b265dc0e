/** Collects what the pages of concepts show, from a model, the index of its concepts and the samples of the index. */
import { type Grid, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { type RunFile, shownAtoms } from "@saeno/experiments";
import {
  type CodeTable,
  decodeTable,
  editTable,
  encodeDataset,
  type IndexedConcept,
  type KeptEffects,
  type OpenedIndex,
  placesOf,
  sampleCount,
} from "@saeno/inspect";
import { type Tensor2D, type Tensor3D, tensor, tidy } from "@tensorflow/tfjs-core";
import { greatest } from "d3-array";
import { asDrawn, atomFunction } from "../pictures/atoms.ts";
import { type GridFunction, largestMagnitude } from "../pictures/plane.ts";
import { atomThumbnails } from "./atom-thumbnails.ts";
import { byCost, type ConceptSet, type Removal, type ShownSample } from "./concept-data.ts";
import { renderConceptList } from "./concept-list.ts";
import { renderConceptPage, shownDrawn, shownTop, spread } from "./concept-page.ts";
import { conceptStyle } from "./concept-style.ts";
import { type MapOutline, mapOutline } from "./map-outline.ts";
import { type ChangedOutput, fieldNote, mainEffects } from "./network-part.ts";
import { type EncodePhotograph, photographFile } from "./photograph.ts";
import { samplePicture } from "./sample-picture.ts";

export interface ConceptPagesOptions extends NetworkKnowledge {
  readonly model: SparseAutoencoder;
  /** The dataset of the index: samples have the same numbers. */
  readonly dataset: Dataset;
  /** `[...N, C]` of a sample before it was flattened, if it was. */
  readonly sampleShape?: readonly number[];
  readonly index: OpenedIndex;
  readonly names?: ReadonlyMap<number, string>;
  /** The model and its data, in words. */
  readonly title: string;
  /** The concepts that get a page. */
  readonly concepts: readonly number[];
  /** Concepts that already have one. */
  readonly others?: readonly number[];
  readonly onProgress?: (done: number) => void;
}

/** What is known about the network whose maps the samples are. */
export interface NetworkKnowledge {
  /** What concepts do to its outputs, as they are kept; the newest first. */
  readonly effects?: readonly KeptEffects[];
  /** Runs it with and without a concept, for a picture. */
  readonly changed?: (concept: number, effects: KeptEffects) => Promise<ChangedOutput | undefined>;
  /** Makes files of photographs. Default: PNG, of no more than 224 pixels. */
  readonly encodePhotograph?: EncodePhotograph;
}

/** The folder of a run that holds the pages of its concepts. */
export const conceptFolder = "concepts";

/** Samples, and pages, that are worked on at a time. */
const [sampleChunk, pageChunk] = [64, 16];

/**
 * The pages of concepts as files: a list of all concepts, a page for some of them, the pictures of samples that pages share, and their style. Memory is
 * bounded by the samples that pages outline. A backend must be in use.
 */
export async function* conceptPages(options: ConceptPagesOptions): AsyncGenerator<RunFile> {
  const { model, dataset, sampleShape, index, names = new Map(), title, concepts, others = [], onProgress } = options;
  const { effects = [], changed, encodePhotograph } = options;
  const { images } = dataset;
  const { summaries, concept: read, all: _, close: __, ...about } = index;
  const written = new Set([...concepts, ...others]);
  const pages = byCost(summaries).filter((concept) => written.has(concept));
  const field = await images?.receptiveField?.();
  const note = images?.problem ?? (images?.dataset && fieldNote(images.dataset.grid, field)) ?? "";
  const set: ConceptSet = { title, about, summaries, names, pages, effects, ...(note === "" ? {} : { note }) };
  const main = mainEffects(effects);
  const atoms = await shownAtoms(model, { grid: dataset.grid, sampleShape });
  const thumbnails = atomThumbnails(atoms, { centered: model.dictionary.codes === "maps" });
  yield file("style.css", conceptStyle);
  for (const [name, draw] of thumbnails.files) yield file(name, draw());
  yield file("index.html", renderConceptList(set, thumbnails));
  const samples = new Map<number, ShownSample>();
  const outlines = new Map<string, MapOutline>();
  const found = { samples, outlines, signed: false };
  yield* samplesShown(options, found);
  for (let begin = 0; begin < concepts.length; begin += pageChunk) {
    const some = await Promise.all(concepts.slice(begin, begin + pageChunk).map(read));
    const removals = await removalsOf(options, some);
    const fine = await fineAtoms(model, dataset.grid, some);
    for (const concept of some) {
      const { concept: number } = concept;
      const isKnown = main?.concepts.some((each) => each.concept === number);
      const output = main !== undefined && isKnown ? await changed?.(number, main) : undefined;
      const shown = output && (await photographFile(output.image, encodePhotograph));
      const name = `samples/changed-${number}.${shown?.extension}`;
      if (shown !== undefined) yield file(name, shown.content);
      const data = {
        concept,
        atom: atomFunction(atoms, concept.concept),
        signed: found.signed,
        samples: samplesOf(concept, samples, outlines),
        fine: fine.get(concept.concept),
        photographs: images?.dataset !== undefined,
        changed: output && { ...output, file: name },
        removal: removals.get(concept.concept),
      };
      yield file(`${concept.concept}.html`, renderConceptPage(set, data, thumbnails));
    }
    onProgress?.(begin + some.length);
  }
}

function file(name: string, content: string | Uint8Array): RunFile {
  return { name: `${conceptFolder}/${name}`, content, light: true };
}

/** The samples that the page of a concept shows. */
function samplesOn({ top, drawn }: IndexedConcept): number[] {
  const records = [...top.slice(0, shownTop), ...spread(drawn, shownDrawn)];
  return [...new Set(records.map(({ sample }) => sample))];
}

function samplesOf(
  concept: IndexedConcept,
  samples: ReadonlyMap<number, ShownSample>,
  outlines: ReadonlyMap<string, MapOutline>,
): ReadonlyMap<number, ShownSample> {
  return new Map(
    samplesOn(concept).flatMap((sample) => {
      const shown = samples.get(sample);
      if (shown === undefined) return [];
      return [[sample, { ...shown, outline: outlines.get(outlineKey(sample, concept.concept)) }]];
    }),
  );
}

function outlineKey(sample: number, concept: number): string {
  return `${sample} ${concept}`;
}

/** The pictures of all samples that pages show; and where concepts are in them, encoding each once. */
async function* samplesShown(
  { model, dataset, sampleShape, index, concepts, encodePhotograph }: ConceptPagesOptions,
  found: {
    readonly samples: Map<number, ShownSample>;
    readonly outlines: Map<string, MapOutline>;
    /** Whether samples go below zero, as the first ones say. */
    signed: boolean;
  },
): AsyncGenerator<RunFile> {
  const { grid, channels, labels, images } = dataset;
  const photographs = images?.dataset;
  const image = photographs && { grid: photographs.grid, receptiveField: await images?.receptiveField?.() };
  const conceptsOf = new Map<number, Set<number>>();
  for (const concept of concepts) {
    for (const sample of samplesOn(await index.concept(concept)))
      conceptsOf.set(sample, (conceptsOf.get(sample) ?? new Set()).add(concept));
  }
  const all = [...conceptsOf.keys()].sort((a, b) => a - b);
  for (let begin = 0; begin < all.length; begin += sampleChunk) {
    const some = all.slice(begin, begin + sampleChunk);
    const values = await dataset.read(some);
    if (begin === 0) found.signed = isSigned(values);
    const size = values.length / some.length;
    const pixels = await photographs?.read(some);
    for (const [i, sample] of some.entries()) {
      const one = values.subarray(i * size, (i + 1) * size);
      const field = asDrawn(one, grid.length > 0 ? [...grid, channels] : (sampleShape ?? [channels]));
      const { extension, content } =
        photographs === undefined || pixels === undefined
          ? samplePicture(field, found.signed)
          : await photographFile(sampleOf(photographs, pixels, i), encodePhotograph);
      const name = `samples/${sample}.${extension}`;
      const label = labels?.values[sample];
      const text = label === undefined ? undefined : (labels?.names?.[label] ?? String(label));
      found.samples.set(sample, { file: name, label: text });
      yield file(name, content);
    }
    if (model.dictionary.codes === "scalar") continue;
    const table = await encodeDataset(model, held(dataset, values, some.length));
    const shown = [...mapsOf(table)].filter(({ sample, concept }) => conceptsOf.get(some[sample])?.has(concept));
    const places = await placesOf(
      model,
      table,
      shown.map(({ map }) => map),
      grid,
    );
    for (const [i, { sample, concept }] of shown.entries()) {
      const outline = mapOutline(places[i], grid, image);
      if (outline !== undefined) found.outlines.set(outlineKey(some[sample], concept), outline);
    }
  }
}

function sampleOf({ grid, channels }: Dataset, values: Float32Array, i: number): GridFunction {
  const size = sizeOf(grid) * channels;
  return { values: values.subarray(i * size, (i + 1) * size), grid, channels };
}

/** Less than this share of the largest value below zero is not a sign. */
const swing = 0.05;

function isSigned(values: Float32Array): boolean {
  const limit = -swing * largestMagnitude(values);
  return values.some((value) => value < limit);
}

/** Samples in memory, as a dataset. */
function held({ name, grid, channels }: Dataset, values: Float32Array, count: number): Dataset {
  return arrayDataset({ name, values, shape: [count, ...grid, channels] });
}

function* mapsOf(table: CodeTable) {
  const { samples, concepts } = table;
  for (let sample = 0; sample < sampleCount(table); sample++) {
    for (let map = samples[sample]; map < samples[sample + 1]; map++) yield { sample, concept: concepts[map], map };
  }
}

/** For each concept the sample that it costs most in, of those with most of it, with it and without it. */
async function removalsOf(
  { model, dataset, sampleShape }: ConceptPagesOptions,
  concepts: readonly IndexedConcept[],
): Promise<ReadonlyMap<number, Removal>> {
  const chosen = concepts.flatMap(({ concept, top }) => {
    const best = greatest(top, ({ cost }) => cost);
    return best === undefined ? [] : [{ concept, sample: best.sample }];
  });
  if (chosen.length === 0) return new Map();
  const { grid, channels } = dataset;
  const values = await dataset.read(chosen.map(({ sample }) => sample));
  const table = await encodeDataset(model, held(dataset, values, chosen.length));
  const removed = editTable(
    table,
    chosen.map(({ concept }, row) => ({ kind: "remove", concepts: [concept], samples: [row] })),
  );
  const rows = chosen.map((_, row) => row);
  const reconstructions = await decodeTable(model, table, grid, rows);
  const without = await decodeTable(model, removed, grid, rows);
  const size = values.length / chosen.length;
  const shape = grid.length > 0 ? [...grid, channels] : (sampleShape ?? [channels]);
  return new Map(
    chosen.map(({ concept, sample }, row) => {
      const field = (all: Float32Array) => asDrawn(all.subarray(row * size, (row + 1) * size), shape);
      return [
        concept,
        { sample, input: field(values), reconstruction: field(reconstructions), without: field(without) },
      ];
    }),
  );
}

/** How much finer than the data atoms are drawn, by the number of axes, and points on an axis, at most. */
const [finer, mostPoints] = [
  [4, 4, 2],
  [1024, 256, 64],
];
/** Values of atoms on a fine grid that are formed at once, about. */
const chunkEntries = 2 ** 21;

/** Atoms between the points of the grid; of dictionaries whose atoms are functions of frequencies, and so are known there. */
async function fineAtoms(
  { dictionary }: SparseAutoencoder,
  grid: Grid,
  concepts: readonly IndexedConcept[],
): Promise<ReadonlyMap<number, GridFunction>> {
  const factor = Math.min(
    finer[grid.length - 1] ?? 1,
    Math.floor((mostPoints[grid.length - 1] ?? 0) / Math.max(...grid)),
  );
  const found = new Map<number, GridFunction>();
  if (dictionary.bandLimit === undefined || grid.length === 0 || factor < 2) return found;
  const fine = grid.map((points) => factor * points);
  const { channels, conceptCount } = dictionary;
  const codeGrid = dictionary.codes === "maps" ? fine : [];
  const middle = codeGrid.reduce((position, points) => position * points + (points >> 1), 0);
  const size = sizeOf(fine) * channels;
  const chunk = Math.max(1, Math.floor(chunkEntries / size));
  for (let begin = 0; begin < concepts.length; begin += chunk) {
    const some = concepts.slice(begin, begin + chunk).map(({ concept }) => concept);
    const count = some.length;
    const functions = tidy(() =>
      dictionary.synthesize(
        {
          kind: "sparse",
          concepts: tensor(Int32Array.from(some), [count, 1], "int32") as Tensor2D,
          positions: tensor(new Int32Array(count).fill(middle), [count, 1, 1], "int32") as Tensor3D,
          values: tensor(new Float32Array(count).fill(1), [count, 1, 1]) as Tensor3D,
          grid: codeGrid,
          conceptCount,
        },
        fine,
      ),
    );
    const values = await functions.data<"float32">().finally(() => functions.dispose());
    for (const [i, concept] of some.entries())
      found.set(concept, { values: values.subarray(i * size, (i + 1) * size), grid: fine, channels });
  }
  return found;
}
