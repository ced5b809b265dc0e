import { type Codes, disposeCodes, type SparseCodes } from "@saeno/activations";
import { sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import type { Dataset, OpenedData } from "@saeno/datasets";
import { type LoadedRun, type RunConfig, type RunEvaluation, type RunHistory, shownAtoms } from "@saeno/experiments";
import { atomStatistics } from "@saeno/metrics";
import type { ReportModel, ReportSample } from "@saeno/report";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";

export interface DescribeRequest {
  readonly name: string;
  readonly config: RunConfig;
  readonly model: SparseAutoencoder;
  readonly source: OpenedData;
  readonly history: RunHistory;
  readonly evaluation: RunEvaluation;
}

/** Held-out samples shown in a report. */
const shownSamples = 6;
/** Feature maps shown of a sample, those of most energy. */
const shownMaps = 8;

/** What a report shows of a model: curves, atoms in order of use, statistics, and a few held-out samples taken apart. */
export async function describeModel(request: DescribeRequest): Promise<ReportModel> {
  const { name, model, source, history, evaluation } = request;
  const atoms = await shownAtoms(model, { grid: source.train.grid, sampleShape: source.sampleShape });
  const { utilization } = evaluation;
  const order = utilization.map((_, k) => k).sort((a, b) => (utilization[b] ?? 0) - (utilization[a] ?? 0) || a - b);
  return {
    name,
    history,
    evaluation,
    trainingGrid: source.train.grid,
    atoms: { ...atoms, order },
    atomStatistics: await atomStatistics(model, { shifts: false }),
    resolution: evaluation.resolution,
    samples: await takeApart(model, source),
  };
}

async function takeApart(model: SparseAutoencoder, source: OpenedData): Promise<ReportSample[]> {
  const dataset = source.test;
  const samples: ReportSample[] = [];
  for (const index of evenIndices(dataset.size, shownSamples))
    samples.push(await takeSampleApart(model, dataset, index, source));
  return samples;
}

async function takeSampleApart(
  model: SparseAutoencoder,
  dataset: Dataset,
  index: number,
  source: OpenedData,
): Promise<ReportSample> {
  const input = await dataset.read([index]);
  const x = tensor(input, [1, ...dataset.grid, dataset.channels]);
  const { codes, reconstruction } = model.forward(x);
  x.dispose();
  try {
    const shape = source.sampleShape;
    return {
      input,
      reconstruction: (await reconstruction.data()) as Float32Array,
      grid: shape.slice(0, -1),
      channels: shape.at(-1) ?? 1,
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
export function describeRun(config: RunConfig, source: OpenedData): string[] {
  const kinds = { fno: "spectra", cnn: "kernels", mlp: "vectors" } as const;
  const where =
    config.model === "mlp"
      ? ""
      : config.count === undefined
        ? ` on ${((config.density ?? 0.04) * 100).toPrecision(2)} % of the domain`
        : ` at ${config.count} points`;
  const usual = config.activation === undefined && config.encoder === "shallow";
  const how = usual
    ? `of which ${config.active} are active in a sample${where}`
    : `encoder ${nameOf(config.encoder)}, activation ${nameOf(config.activation) || "the encoder's own"}`;
  return [
    `${config.concepts} concepts, ${kinds[config.model]}, ${how}.`,
    `Trained for ${config.steps} steps of ${config.batch} samples on ${source.train.size} samples of ${config.data} (${source.sampleShape.slice(0, -1).join(" x ")}); ${source.test.size} were held out.`,
  ];
}

/** A model that was not trained here and the data it is shown on, in words. */
export function describeImported({ config, record }: LoadedRun, source: OpenedData): string[] {
  const { format, from } = (record.imported ?? {}) as { readonly format?: string; readonly from?: string };
  const origin = format === undefined ? "Not trained here" : `Imported from files of ${format}, ${from}`;
  return [
    `${config.concepts} concepts, encoder ${nameOf(config.encoder)}, activation ${nameOf(config.activation)}.`,
    `${origin}; shown on samples of ${source.name} (${source.sampleShape.slice(0, -1).join(" x ")}).`,
  ];
}

function nameOf(component: unknown): string {
  if (typeof component === "string") return component;
  const { name, kind } = (component ?? {}) as { readonly name?: string; readonly kind?: string };
  return name ?? kind ?? "";
}
