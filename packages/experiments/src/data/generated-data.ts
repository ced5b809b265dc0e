import { createRandom, type Grid } from "@saeno/backend";
import { type Dataset, type FlowOptions, flow, sparseFunctions, sparseVectors, split } from "@saeno/datasets";
import { delayedProgress } from "../reporter.ts";
import {
  type DataKind,
  type DataKinds,
  type DataSource,
  fromFile,
  interpolated,
  type OneSource,
} from "./data-source.ts";
import { generatorParameters } from "./generator-parameters.ts";
import { parseGrid } from "./grids.ts";

/** Simulates flow, or finds what was simulated before. */
type Simulate = (options: FlowOptions) => Promise<Dataset>;

/** Vorticity of flow, exact on every grid. `where` says where it is kept, if it is. */
export function flowKind(simulate: Simulate, where = () => ""): DataKind {
  return {
    usage: "flow[:GRID]",
    async open(settings, place, reporter) {
      const grid = parseGrid("flow", place || "64", 2);
      const { limit = 1000, test = 200, seed } = settings;
      const samples = limit + test;
      reporter.say(
        `flow: ${samples} snapshots of two-dimensional vorticity on ${grid.join(" x ")} (computed once${where()})`,
      );
      const partsOn = async (target: Grid) => {
        const { update, stop } = delayedProgress(reporter, "simulate flow");
        const all = await simulate({ grid: target, samples, seed, onProgress: update }).finally(stop);
        return { ...split(all, { test }), all };
      };
      return {
        ...interpolated(settings.data, await partsOn(grid)),
        onGrid: async (part, target) => (await partsOn(target))[part],
      };
    },
  };
}

/** The parameters that generated data takes beside its size. */
export const functionParameters = [
  "channels",
  "concepts",
  "kernel",
  "active",
  "spikes",
  "amplitude",
  "amplitude-std",
] as const;
export const vectorParameters = ["concepts", "active", "amplitude", "amplitude-std"] as const;

async function sparseSource(settings: OneSource, place: string): Promise<DataSource> {
  const { size, given } = generatorParameters("sparse-functions", place, functionParameters);
  const { channels = 8, concepts = 12, kernel = 5, active = 1, spikes = 3 } = given;
  const { limit = 5000, test = 500, seed } = settings;
  const dataset = sparseFunctions({
    grid: parseGrid("sparse-functions", size || "16", 2),
    channels,
    concepts,
    kernel,
    activeConcepts: active,
    spikes,
    samples: limit + test,
    ...amplitudes(given),
    seed: createRandom(seed)
      .split("sparse-functions")
      .integer(2 ** 31),
  });
  return { ...fromFile({ ...settings, limit, test }, dataset), truth: dataset.truth };
}

/** Sparse combinations of random vectors of length N, by default `3 N / 2` of them and 2 % active. */
async function vectorsSource(settings: OneSource, place: string): Promise<DataSource> {
  const { size, given } = generatorParameters("sparse-vectors", place, vectorParameters);
  const [n] = parseGrid("sparse-vectors", size || "100", 1);
  const { concepts = Math.ceil(1.5 * n) } = given;
  const { limit = 5000, test = 500, seed } = settings;
  const dataset = sparseVectors({
    n,
    concepts,
    active: given.active ?? Math.max(1, Math.round(0.02 * (given.concepts ?? 1.5 * n))),
    samples: limit + test,
    ...amplitudes(given),
    seed: createRandom(seed)
      .split("sparse-vectors")
      .integer(2 ** 31),
  });
  return { ...fromFile({ ...settings, limit, test }, dataset), truth: dataset.truth };
}

function amplitudes(given: { readonly amplitude?: number; readonly "amplitude-std"?: number }) {
  return { amplitudeMean: given.amplitude ?? 15, amplitudeStd: given["amplitude-std"] ?? 1 };
}

/** Data that is made rather than read. */
export const generatedKinds: DataKinds = {
  flow: flowKind(flow),
  "sparse-functions": { usage: "sparse-functions[:GRID,..]", open: sparseSource },
  "sparse-vectors": { usage: "sparse-vectors[:N,..]", open: vectorsSource },
};
