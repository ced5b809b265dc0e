import { disposeCodes } from "@saeno/activations";
import { SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { labelAccumulator, type MapSums } from "@saeno/metrics";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { type CodeTable, readCodes, sampleCount } from "../codes/code-table.ts";
import { batchSizeOn } from "../codes/encode-dataset.ts";
import { modelHash } from "../model-hash.ts";
import { describeAtoms } from "./atom-descriptions.ts";
import { coactivity } from "./coactivity.ts";
import type { ConceptIndex, IndexedConcept, IndexHeader } from "./concept-index.ts";
import { type ContributionMeter, contributionMeter } from "./contributions.ts";
import { energyCounts } from "./energy-histogram.ts";
import { type KeptSample, keptSamples } from "./kept-samples.ts";
import { sites } from "./sites.ts";
import { laterWhere } from "./where.ts";

export interface IndexOptions {
  /** Samples of most energy to keep for each concept. Default 20. */
  readonly top?: number;
  /** Samples to draw by quantile of energy, at most 64. Default 10. */
  readonly drawn?: number;
  /** Co-active concepts to keep for each. Default 16. */
  readonly coactive?: number;
  /** Of the samples that are drawn. Default 0. */
  readonly seed?: number;
  /** Samples on the device at a time, at most: fewer if their dense maps would not fit. Default 256. */
  readonly batchSize?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * What every concept of a model is, where it is active, and what it costs to lose, in one pass over a dataset. Memory depends on the number of concepts and
 * on what is kept of each, not on the number of samples. The result is the same for every batch size, up to rounding.
 *
 * @throws SaenoError `inspect.options` for numbers out of range, `inspect.empty` for a dataset without samples, and the model's own errors about the shape.
 */
export async function indexConcepts(
  model: SparseAutoencoder,
  dataset: Dataset,
  options: IndexOptions = {},
): Promise<ConceptIndex> {
  const { batchSize = 256, onProgress } = options;
  const { size, grid } = dataset;
  const settings = checkedSettings(options);
  if (size === 0) {
    const problem = `The dataset "${dataset.name}" has no samples to ask concepts about.`;
    throw new SaenoError("inspect.empty", problem, { kind: "data" });
  }
  const meter = await contributionMeter(model, grid);
  try {
    const index = conceptAccumulator(model, dataset, meter, settings);
    let [done, turned] = [0, performance.now()];
    for await (const { values, shape } of batches(dataset, { batchSize: batchSizeOn(model, dataset, batchSize) })) {
      const x = tensor(values, [...shape]);
      try {
        await index.add(values, x);
      } finally {
        x.dispose();
      }
      done += shape[0];
      onProgress?.(done, size);
      if (performance.now() - turned > turnEvery) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turned = performance.now();
      }
    }
    return await index.result();
  } finally {
    meter.dispose();
  }
}

/** The event loop runs so often, in milliseconds. */
const turnEvery = 50;

interface Settings {
  readonly top: number;
  readonly drawn: number;
  readonly coactive: number;
  readonly seed: number;
}

function checkedSettings({ top = 20, drawn = 10, coactive = 16, seed = 0 }: IndexOptions): Settings {
  for (const [name, value, most] of [
    ["top", top, 1000],
    ["drawn", drawn, 64],
    ["coactive", coactive, 1000],
  ] as const) {
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    throw new SaenoError("inspect.options", `${name} must be a whole number from 1 to ${most}; got ${value}.`);
  }
  return { top, drawn, coactive, seed };
}

interface ConceptAccumulator {
  /** Takes in a batch, in host memory and on the device. */
  add(values: Float32Array, x: Tensor): Promise<void>;
  result(): Promise<ConceptIndex>;
}

function conceptAccumulator(
  model: SparseAutoencoder,
  dataset: Dataset,
  meter: ContributionMeter,
  settings: Settings,
): ConceptAccumulator {
  const { dictionary } = model;
  const { conceptCount } = dictionary;
  const { grid } = dataset;
  const place = dictionary.codes === "maps" ? sites(grid, conceptCount) : undefined;
  const together = coactivity(conceptCount);
  const energies = Array.from({ length: conceptCount }, energyCounts);
  const kept = Array.from({ length: conceptCount }, (_, k) => keptSamples(k, settings));
  const [energySums, costs] = [new Float64Array(conceptCount), new Float64Array(conceptCount)];
  const classes = labelAccumulator(conceptCount, dataset);
  let [samples, error, power] = [0, 0, 0];

  function addMap(table: CodeTable, map: number, sample: number, cost: number): void {
    const concept = table.concepts[map];
    const energy = energyOf(table, map);
    energySums[concept] += energy;
    costs[concept] += cost;
    energies[concept].add(energy);
    place?.add(table, map);
    const describe = (): KeptSample => ({
      sample,
      energy: Math.fround(energy),
      cost: Math.fround(cost),
      ...(place === undefined ? {} : { where: laterWhere(table, map) }),
    });
    kept[concept].add(sample, Math.fround(energy), describe);
  }

  return {
    async add(values, x) {
      const codes = model.encode(x);
      const table = await readCodes(codes).finally(() => disposeCodes(codes));
      const found = await meter.measure(table, values);
      for (const value of found.errors) error += value;
      let squares = 0;
      for (const value of values) squares += value * value;
      power += squares / sizeOf(grid);
      for (let i = 0; i < sampleCount(table); i++) {
        const [from, to] = [table.samples[i], table.samples[i + 1]];
        together.add(table.concepts.subarray(from, to));
        for (let map = from; map < to; map++) addMap(table, map, samples + i, found.costs[map]);
      }
      samples += sampleCount(table);
      if (classes !== undefined) classes.addSums(mapSumsOf(table));
    },
    async result() {
      const known = classes?.result();
      const ofConcept = new Map(known?.concepts.map((each) => [each.concept, each]));
      const atoms = await describeAtoms(model, grid);
      const names = known === undefined ? undefined : dataset.labels?.names;
      const header: IndexHeader = {
        model: await modelHash(model),
        data: dataset.name,
        samples,
        grid,
        channels: dataset.channels,
        codes: dictionary.codes,
        siteGrid: place?.grid ?? [],
        error: error / samples,
        power: power / samples,
        ...(names === undefined ? {} : { labelNames: names }),
      };
      const counts = energies.map(({ count }) => count);
      const maps = place === undefined ? undefined : energies.map((_, k) => place.mean(k, samples));
      const concepts = energies.map((ofEnergy, concept): IndexedConcept => {
        const count = counts[concept];
        const label = ofConcept.get(concept);
        return {
          concept,
          count,
          share: count / samples,
          energy: { mean: energySums[concept] / samples, quantiles: ofEnergy.quantiles() },
          cost: costs[concept] / samples,
          ...(place === undefined || count === 0 ? {} : { site: place.site(concept) }),
          ...(label === undefined
            ? {}
            : { label: { label: label.label, auc: label.auc, information: label.information } }),
          atom: atoms[concept],
          histogram: ofEnergy.histogram(),
          top: kept[concept].top(),
          drawn: kept[concept].drawn(settings.drawn).map((record) => ({
            ...record,
            quantile: Math.fround(ofEnergy.shareUpTo(record.energy)),
          })),
          coactive: together.of(concept, settings.coactive, { samples, counts, maps }),
          ...(maps === undefined ? {} : { map: maps[concept] }),
        };
      });
      return { ...header, concepts };
    },
  };
}

/** `|z_k|^2` of a map, a mean over the grid. Above zero, even where the square of what is there is too small for a number. */
function energyOf({ maps, values, grid }: CodeTable, map: number): number {
  let squares = 0;
  for (let i = maps[map]; i < maps[map + 1]; i++) squares += values[i] ** 2;
  return Math.max(squares / sizeOf(grid), 2 ** -149);
}

/** What metrics ask of codes: of every map, empty or not, how many entries it has and their squares. */
function mapSumsOf(table: CodeTable): MapSums {
  const { samples, concepts, maps, values, grid, conceptCount } = table;
  const batch = sampleCount(table);
  const [counts, squares] = [new Float64Array(batch * conceptCount), new Float64Array(batch * conceptCount)];
  for (let sample = 0; sample < batch; sample++) {
    for (let map = samples[sample]; map < samples[sample + 1]; map++) {
      const at = sample * conceptCount + concepts[map];
      counts[at] = maps[map + 1] - maps[map];
      for (let i = maps[map]; i < maps[map + 1]; i++) squares[at] += values[i] ** 2;
    }
  }
  return { counts, squares, conceptCount, batch, points: sizeOf(grid) };
}
