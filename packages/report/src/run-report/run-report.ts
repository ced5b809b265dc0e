import { type Codes, disposeCodes, type SparseCodes } from "@saeno/activations";
import { sizeOf } from "@saeno/backend";
import { findDictionary, type SparseAutoencoder } from "@saeno/core";
import type { OpenedData } from "@saeno/datasets";
import {
  dataName,
  modelName,
  type RunConfig,
  type RunEvaluation,
  type RunHistory,
  recordOf,
  shownAtoms,
} from "@saeno/experiments";
import { atomStatistics } from "@saeno/metrics";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { ReportModel, ReportSample } from "../data/report-data.ts";
import { renderReport } from "./render-report.ts";

/** A run and how it did, as `runExperiment` gives it, or as `loadRun` does with its data opened and an evaluation. */
export interface ReportedRun {
  readonly config: RunConfig;
  readonly source: OpenedData;
  readonly model: SparseAutoencoder;
  readonly history: RunHistory;
  readonly summary: RunEvaluation;
  /** What config.json of its folder holds. Default: what `saveRun` writes there. */
  readonly record?: Readonly<Record<string, unknown>>;
  /** Whether the model was trained by this run; default true. */
  readonly trained?: boolean;
}

/** report.html of a run. A backend must be in use. */
export async function reportOfRun(run: ReportedRun): Promise<string> {
  return renderReport({
    title: `${modelName(run.config)} on ${dataName(run.config)}`,
    summary: inWords(run),
    config: run.record ?? recordOf(run),
    models: [await describeModel(run)],
  });
}

/** Held-out samples shown in a report. */
const shownSamples = 6;
/** Feature maps shown of a sample, those of most energy. */
const shownMaps = 8;

/** What a report shows of a model: curves, atoms in order of use, statistics, and a few held-out samples decomposed. */
export async function describeModel({ config, model, source, history, summary }: ReportedRun): Promise<ReportModel> {
  const atoms = await shownAtoms(model, { grid: source.train.grid, sampleShape: source.sampleShape });
  const { utilization } = summary;
  const order = [...utilization.keys()].sort((a, b) => utilization[b] - utilization[a] || a - b);
  const samples: ReportSample[] = [];
  for (const index of evenIndices(source.test.size, shownSamples)) samples.push(await decomposed(model, source, index));
  return {
    name: modelName(config),
    history,
    evaluation: summary,
    trainingGrid: source.train.grid,
    atoms: { ...atoms, order },
    atomStatistics: await atomStatistics(model, { shifts: false }),
    resolution: summary.resolution,
    samples,
  };
}

async function decomposed(
  model: SparseAutoencoder,
  { test: dataset, sampleShape }: OpenedData,
  index: number,
): Promise<ReportSample> {
  const input = await dataset.read([index]);
  const x = tensor(input, [1, ...dataset.grid, dataset.channels]);
  const { codes, reconstruction } = model.forward(x);
  x.dispose();
  try {
    return {
      input,
      reconstruction: await reconstruction.data<"float32">(),
      grid: sampleShape.slice(0, -1),
      channels: sampleShape.at(-1) ?? 1,
      concepts: await activeMaps(codes),
    };
  } finally {
    disposeCodes(codes);
    reconstruction.dispose();
  }
}

/** The maps of one sample's active concepts, by falling energy. */
async function activeMaps(codes: Codes): Promise<ReportSample["concepts"]> {
  const maps = codes.kind === "sparse" ? await sparseMaps(codes) : await denseMaps(codes.values);
  return maps
    .map(({ concept, map }) => ({ concept, map, energy: map.reduce((total, z) => total + z * z, 0) / map.length }))
    .filter(({ energy }) => energy > 0)
    .sort((a, b) => b.energy - a.energy)
    .slice(0, shownMaps);
}

type ConceptMap = Pick<ReportSample["concepts"][number], "concept" | "map">;

async function sparseMaps(codes: SparseCodes): Promise<ConceptMap[]> {
  const [concepts, positions, values] = await Promise.all([
    codes.concepts.data(),
    codes.positions.data(),
    codes.values.data(),
  ]);
  const kept = codes.values.shape[2];
  return Array.from(concepts, (concept, row) => {
    const map = new Float32Array(sizeOf(codes.grid));
    for (let i = row * kept; i < (row + 1) * kept; i++) map[positions[i]] = values[i];
    return { concept, map };
  });
}

/** Codes `[1, ...N, K]` or `[1, K]`. */
async function denseMaps(codes: Tensor): Promise<ConceptMap[]> {
  const values = await codes.data();
  const conceptCount = codes.shape[codes.rank - 1];
  return Array.from({ length: conceptCount }, (_, concept) => ({
    concept,
    map: Float32Array.from({ length: values.length / conceptCount }, (_, n) => values[n * conceptCount + concept]),
  }));
}

/** `count` indices spread evenly over 0 .. size - 1. */
function evenIndices(size: number, count: number): number[] {
  const shown = Math.min(size, count);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * size) / shown));
}

/** A run and its data in words, for the head of a report. */
function inWords({ config, source, model, history, record = {}, trained = true }: ReportedRun): string[] {
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
    ? `Trained for ${history.length} steps of ${config.training.batchSize} samples on ${source.train.size} samples of ${data}; ${source.test.size} were held out.`
    : `${origin}; shown on samples of ${data}.`;
  return [parts.join(" "), training];
}
