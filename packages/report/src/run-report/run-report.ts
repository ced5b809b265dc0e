import { type Codes, disposeCodes } from "@saeno/activations";
import { type Grid, sizeOf } from "@saeno/backend";
import { findDictionary, type SparseAutoencoder } from "@saeno/core";
import type { Dataset, OpenedData } from "@saeno/datasets";
import {
  conceptsInUse,
  dataName,
  dataTitle,
  foundConcepts,
  interruptionInWords,
  modelName,
  type RunConfig,
  type RunEvaluation,
  type RunHistory,
  recordOf,
  shownAtoms,
  type TrainingEnd,
  trainingEnd,
} from "@saeno/experiments";
import { placesOf, readCodes } from "@saeno/inspect";
import { atomStatistics } from "@saeno/metrics";
import { tensor } from "@tensorflow/tfjs-core";
import { byCost } from "../concepts/concept-data.ts";
import { type EncodePhotograph, photographFile } from "../concepts/photograph.ts";
import type { ReportModel, ReportSample, ReportTraining } from "../data/report-data.ts";
import { type KnownConcepts, shownOfConcepts } from "./known-concepts.ts";
import { renderReport } from "./render-report.ts";

/** A run and how it did, as `runExperiment` gives it, or as `loadRun` does with its data opened and an evaluation. */
export interface ReportedRun {
  readonly config: RunConfig;
  readonly source: OpenedData;
  readonly model: SparseAutoencoder;
  readonly history: RunHistory;
  readonly summary: RunEvaluation;
  /** What config.json of its folder holds. Default: what `runInto` writes there. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Whether the model was trained by this run; default true. */
  readonly trained?: boolean;
  /** What else is known about its concepts: they are then ranked by what they cost to lose. */
  readonly known?: KnownConcepts | undefined;
}

type AboutTraining = Pick<ReportedRun, "config" | "history" | "record" | "trained">;

/** report.html of a run. A backend must be in use. */
export async function reportOfRun(run: ReportedRun): Promise<string> {
  return renderReport({
    title: titleOf(run),
    summary: inWords(run),
    config: run.record ?? recordOf(run),
    models: [await describeModel(run)],
  });
}

/** The model and its data, in words. */
export function titleOf(run: AboutTraining): string {
  const interrupted = interruptionOf(run);
  return `${modelName(run.config)} on ${dataTitle(run.config)}${interrupted === undefined ? "" : `, ${interrupted}`}`;
}

/** Held-out samples shown in a report. */
const shownSamples = 6;
/** Feature maps shown of a sample, those of most energy. */
const shownMaps = 8;

/** What a report shows of a model: curves, atoms by cost or by use, statistics, and a few held-out samples, decomposed. */
export async function describeModel(run: ReportedRun): Promise<ReportModel> {
  const { config, model, source, history, summary, known } = run;
  const training = endOf(run);
  const atoms = await shownAtoms(model, { grid: source.train.grid, sampleShape: source.sampleShape });
  const { utilization } = summary;
  const byUse = () => [...utilization.keys()].sort((a, b) => utilization[b] - utilization[a] || a - b);
  const order = known === undefined ? byUse() : byCost(known.index.summaries);
  const samples: ReportSample[] = [];
  for (const index of evenIndices(source.test.size, shownSamples))
    samples.push(await decomposed(model, source, index, known?.encodePhotograph));
  return {
    name: modelName(config),
    history,
    evaluation: summary,
    ...(training === undefined ? {} : { training: { ...training, ...adviceFor(config) } }),
    warnings: source.train.reading?.warnings ?? [],
    trainingGrid: source.train.grid,
    atoms: { ...atoms, order },
    atomStatistics: await atomStatistics(model, { shifts: false }),
    resolution: summary.resolution,
    samples,
    found: foundConcepts(model, source, conceptsInUse(summary)),
    ...(known === undefined ? {} : shownOfConcepts(known)),
  };
}

/** How a run's training ended; nothing where it was not trained here, or nothing is known of its steps. */
function endOf({ config, history, record, trained = true }: AboutTraining): TrainingEnd | undefined {
  const known = trained && (history.length > 0 || record === undefined || record.interrupted !== undefined);
  return known ? trainingEnd(config, history) : undefined;
}

function interruptionOf(run: AboutTraining): string | undefined {
  const end = endOf(run);
  return end && interruptionInWords(end);
}

/** Extensions that bring dead concepts back, and their flags. */
const remedies = { balance: "--balance where concepts compete", resample: "--resample" };

function adviceFor({ training, seed }: RunConfig): Pick<Required<ReportTraining>, "seed" | "remedies" | "moreSeeds"> {
  const used = training.extensions.map(({ kind }) => kind);
  return {
    seed,
    remedies: Object.entries(remedies).flatMap(([kind, flag]) => (used.includes(kind) ? [] : [flag])),
    moreSeeds: `saeno sweep --config config.json --vary lr=${training.learningRate} --seeds 3`,
  };
}

/** A sample by its place among all samples of its data, with its label where there are labels. */
function sampleName({ name, test, all, testData }: OpenedData, index: number): string {
  const elsewhere = testData?.[0];
  const place = elsewhere === undefined ? all.size - test.size + index : index;
  const value = test.labels?.values[index];
  const label = value === undefined ? "" : `, label ${test.labels?.names?.[value] ?? value}`;
  const inAll = place === index ? "" : ` (${place} of all)`;
  return `Held-out sample ${index}${inAll} of ${elsewhere?.name ?? name}${label}`;
}

async function decomposed(
  model: SparseAutoencoder,
  source: OpenedData,
  index: number,
  encodePhotograph?: EncodePhotograph,
): Promise<ReportSample> {
  const { test: dataset, sampleShape } = source;
  const input = await dataset.read([index]);
  const x = tensor(input, [1, ...dataset.grid, dataset.channels]);
  const { codes, reconstruction } = model.forward(x);
  x.dispose();
  try {
    return {
      name: sampleName(source, index),
      input,
      reconstruction: await reconstruction.data<"float32">(),
      grid: sampleShape.slice(0, -1),
      channels: sampleShape.at(-1) ?? 1,
      concepts: await activeConcepts(model, codes, dataset.grid),
      ...(await photographOf(dataset, index, encodePhotograph)),
    };
  } finally {
    disposeCodes(codes);
    reconstruction.dispose();
  }
}

/** Pixels of the longer side of a photograph in a report, at most. */
const photographPixels = 256;

/** The image that a sample is a map of, where it can be read. */
async function photographOf(
  { images }: Dataset,
  index: number,
  encode?: EncodePhotograph,
): Promise<Pick<ReportSample, "photograph">> {
  if (images?.dataset === undefined) return {};
  const { grid, channels } = images.dataset;
  const field = { values: await images.dataset.read([index]), grid, channels };
  const receptiveField = await images.receptiveField?.();
  const file = await photographFile(field, encode, photographPixels);
  return { photograph: { file, grid, ...(receptiveField === undefined ? {} : { receptiveField }) } };
}

/** The active concepts of one sample, by falling energy. */
async function activeConcepts(model: SparseAutoencoder, codes: Codes, grid: Grid): Promise<ReportSample["concepts"]> {
  const table = await readCodes(codes);
  const points = sizeOf(table.grid);
  const strongest = Array.from(table.concepts, (concept, place) => {
    const map = new Float32Array(points);
    for (let i = table.maps[place]; i < table.maps[place + 1]; i++) map[table.positions[i]] = table.values[i];
    return { concept, place, map, energy: map.reduce((total, z) => total + z * z, 0) / points };
  })
    .sort((a, b) => b.energy - a.energy)
    .slice(0, shownMaps);
  const hasPlaces = model.dictionary.codes === "maps";
  const places = strongest.map(({ place }) => place);
  const found = hasPlaces ? await placesOf(model, table, places, grid) : [];
  return strongest.map(({ place: _, ...concept }, i) => ({ ...concept, ...(hasPlaces ? { where: found[i] } : {}) }));
}

/** `count` indices spread evenly over 0 .. size - 1. */
function evenIndices(size: number, count: number): number[] {
  const shown = Math.min(size, count);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * size) / shown));
}

/** A run and its data in words, for the head of a report. */
function inWords(run: ReportedRun): string[] {
  const { config, source, model, history, record = {}, trained = true } = run;
  const interrupted = interruptionOf(run);
  const { dictionary, encoder, activation } = config.model;
  const { kind, ...options } = activation;
  const told = Object.entries(options).map(([name, value]) => `${name} ${JSON.stringify(value).replaceAll('"', "")}`);
  const parts = [
    `${model.dictionary.conceptCount} concepts; ${findDictionary(dictionary.kind).summary}.`,
    `Encoder ${encoder.kind}; activation ${kind}${told.length > 0 ? ` (${told.join(", ")})` : ""}.`,
  ];
  const size = source.sampleShape.slice(0, -1).join(" x ");
  const { format, from } = (record.imported ?? {}) as { readonly format?: string; readonly from?: string };
  const origin = format === undefined ? "Not trained here" : `Imported from ${format} files, ${from}`;
  const data = `${dataName(config)}${size === "" ? "" : ` (${size})`}`;
  const training = trained
    ? `Trained for ${history.length} steps of ${config.training.batchSize} samples on ${source.train.size} samples of ${data}; ${heldOut(source)}.${
        interrupted === undefined ? "" : ` Training was ${interrupted}; everything here is about the model of then.`
      }`
    : `${origin}; shown on samples of ${data}.`;
  return [
    parts.join(" "),
    training,
    ...(source.train.reading === undefined ? [] : [`Data: ${source.train.reading.text}`]),
  ];
}

function heldOut({ test, testData }: OpenedData): string {
  const elsewhere = testData?.[0];
  return elsewhere === undefined ? `${test.size} were held out` : `tested on ${test.size} of ${elsewhere.name}`;
}
