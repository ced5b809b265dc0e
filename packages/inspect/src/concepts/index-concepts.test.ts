import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { memory, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  boxesOf,
  centerOf,
  type Definition,
  extentOf,
  indexByDefinition,
  peaksOf,
} from "./__fixtures__/index-by-definition.ts";
import { type ConceptIndex, mostChannels, mostPeaks, quantileShares } from "./concept-index.ts";
import { indexConcepts } from "./index-concepts.ts";

const grid = [9, 8];

function data(shape: readonly number[], classes = 3): Dataset {
  const values = createRandom(3).normals(sizeOf(shape));
  const labeled = {
    values: Int32Array.from({ length: shape[0] }, (_, i) => (i * i) % classes),
    names: ["a", "b", "c"],
  };
  return { ...arrayDataset({ name: "noise", values, shape: [...shape] }), labels: labeled };
}

interface Case {
  readonly name: string;
  readonly dataset: Dataset;
  make(): SparseAutoencoder;
}

const functions = data([23, ...grid, 2]);
const shared = { channels: 2, concepts: 7, active: 3, seed: 1 } as const;
const domain = { density: 0.1 } as const;
const lifting = { lifted: 5 } as const;
const cases: readonly Case[] = [
  { name: "spectral", dataset: functions, make: () => saeFno({ ...shared, modes: [4, 3], domain }) },
  {
    name: "spectral, dense codes",
    dataset: functions,
    make: () => saeFno({ ...shared, modes: [4, 3], activation: { kind: "relu" } }),
  },
  {
    name: "spectral, lifted and normalized",
    dataset: functions,
    make: () => normalized(saeFno({ ...shared, modes: [4, 3], domain, lifting, normalized: true })),
  },
  {
    name: "spectral, lifted and untied",
    dataset: functions,
    make: () => untied(saeFno({ ...shared, modes: [4, 3], domain, lifting: { lifted: 5, tied: false } })),
  },
  { name: "spectral on a coarse grid", dataset: functions, make: () => saeFno({ ...shared, modes: [7, 6], domain }) },
  {
    name: "spectral, unrolled, codes of both signs",
    dataset: functions,
    make: () =>
      saeFno({
        ...shared,
        modes: [4, 3],
        encoder: { kind: "unrolled", iterations: 3 },
        activation: { kind: "hard-threshold", threshold: 0.4 },
      }),
  },
  { name: "convolutional", dataset: functions, make: () => saeCnn({ ...shared, kernel: [3, 5], domain }) },
  {
    name: "convolutional, lifted and untied",
    dataset: functions,
    make: () => untied(saeCnn({ ...shared, kernel: [3, 3], domain, lifting: { lifted: 4, tied: false } })),
  },
  {
    name: "convolutional, zeros beyond the border",
    dataset: functions,
    make: () => normalized(saeCnn({ ...shared, kernel: [3, 3], padding: "zero", domain, normalized: true })),
  },
  {
    name: "spectral on a line",
    dataset: data([23, 20, 2]),
    make: () => saeFno({ ...shared, modes: [6], domain }),
  },
  {
    name: "convolutional on a line",
    dataset: data([23, 21, 2]),
    make: () => normalized(saeCnn({ ...shared, kernel: [5], domain, normalized: true })),
  },
  {
    name: "spectral, pursued",
    dataset: functions,
    make: () => saeFno({ ...shared, modes: [4, 3], domain, encoder: { kind: "matching-pursuit", steps: 3 } }),
  },
  { name: "vectors", dataset: data([31, 12]), make: () => saeMlp({ inputs: 12, concepts: 9, active: 3, seed: 1 }) },
  {
    name: "vectors, lifted and normalized",
    dataset: data([31, 12]),
    make: () =>
      normalized(
        untied(saeMlp({ inputs: 12, concepts: 9, active: 3, lifting: { lifted: 15, tied: false }, normalized: true })),
      ),
  },
  {
    name: "vectors, pursued",
    dataset: data([31, 12]),
    make: () =>
      saeMlp({
        inputs: 12,
        concepts: 9,
        active: 1,
        encoder: { kind: "matching-pursuit", steps: 3 },
        activation: { kind: "topk", k: 1 },
      }),
  },
];

/** Statistics that every channel has another of. */
function normalized(model: SparseAutoencoder): SparseAutoencoder {
  const { channels } = model.dictionary;
  model.setNormalization({
    mean: Array.from({ length: channels }, (_, c) => 0.1 * c - 0.2),
    scale: Array.from({ length: channels }, (_, c) => 0.5 + 0.3 * c),
  });
  model.setDecoderBias(tidy(() => tensor1d(Array.from({ length: channels }, (_, c) => 0.05 * c))));
  return model;
}

/** P is not the transpose of L any more. */
function untied(model: SparseAutoencoder): SparseAutoencoder {
  const { variable } = model.parameters().find(({ name }) => name === "lifting.project") ?? {};
  if (variable !== undefined)
    tidy(() => variable.assign(tensor(createRandom(9).normals(variable.size), variable.shape)));
  return model;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Energies in bins of 64 to the octave: as far as the middle of one is from its ends. */
const inBin = 2 ** (1 / 128) * (1 + 1e-5);
const settings = { batchSize: 10, drawn: 5, top: 4, coactive: 3 };

describe.each([
  ["wasm", wasmBackend],
  ["cpu", cpuBackend],
])("on %s, every number of an index is that of the definitions in float64", (name, backend) => {
  describe.each(cases)("$name", ({ dataset, make }) => {
    let model: SparseAutoencoder;
    let index: ConceptIndex;
    let truth: Definition;
    beforeAll(async () => {
      await useBackend(backend);
      model = make();
      index = await indexConcepts(model, dataset, settings);
      truth = await indexByDefinition(model, dataset);
    });
    /** Each concept beside what it is. */
    const pairs = () => index.concepts.map((found, k) => [found, truth.concepts[k]] as const);

    test("errors, and what each concept costs to lose, of every sample", () => {
      expect(index.error / truth.error).toBeCloseTo(1, 5);
      expect(index.power / truth.power).toBeCloseTo(1, 5);
      for (const [{ cost, top, drawn }, { costs }] of pairs()) {
        expect(Math.abs(cost - mean(costs))).toBeLessThan(2e-6 * truth.power);
        for (const record of [...top, ...drawn])
          expect(Math.abs(record.cost - costs[record.sample])).toBeLessThan(1e-5 * Math.max(truth.power, truth.error));
      }
      expect(index.concepts.some(({ cost }) => Math.abs(cost) > 1e-3 * truth.power)).toBe(true);
    });

    test("counts, energies, quantiles, histograms, top samples", () => {
      for (const [{ count, share, energy, top, histogram }, { energies, active }] of pairs()) {
        expect([count, share]).toEqual([active.length, active.length / dataset.size]);
        expect(Math.abs(energy.mean - mean(energies))).toBeLessThan(1e-5 * mean(energies) + 1e-30);
        const counts = histogram.edges
          .slice(1)
          .map((end, i) => active.filter((e) => e >= histogram.edges[i] && e < end).length);
        expect([histogram.counts, counts.reduce((sum, n) => sum + n, 0)]).toEqual([counts, count]);
        for (const [i, value] of energy.quantiles.entries()) {
          const exact = active[Math.max(1, Math.ceil(quantileShares[i] * count)) - 1];
          if (exact === undefined) expect(value).toBeNaN();
          else
            expect(Math.max(value / exact, exact / value)).toBeLessThan(
              value === energy.quantiles[0] || i === quantileShares.length - 1 ? 1 + 1e-6 : inBin,
            );
        }
        const falling = energies
          .map((value, sample) => ({ sample, value }))
          .filter(({ value }) => value > 0)
          .sort((a, b) => b.value - a.value);
        expect(top.map(({ sample }) => sample)).toEqual(falling.slice(0, 4).map(({ sample }) => sample));
        for (const record of top) expect(record.energy / energies[record.sample]).toBeCloseTo(1, 5);
      }
    });

    test("samples that are drawn, evenly over the ranks of all that are active", () => {
      for (const [{ drawn }, { energies, active }] of pairs()) {
        expect(drawn).toHaveLength(Math.min(5, active.length));
        for (const [i, { sample, energy, quantile = Number.NaN }] of drawn.entries()) {
          // Fewer samples than are remembered: the ranks are exact.
          const wanted = active[Math.floor(((i + 0.5) / drawn.length) * active.length)];
          expect(energy / wanted).toBeCloseTo(1, 5);
          expect(energies[sample] / wanted).toBeCloseTo(1, 5);
          const upTo = (most: number) => active.filter((each) => each <= most).length / active.length;
          expect(quantile).toBeGreaterThanOrEqual(upTo(wanted) - 1e-6);
          expect(quantile).toBeLessThanOrEqual(upTo(wanted * inBin ** 2) + 1e-6);
        }
      }
    });

    test("co-active concepts, with lift and overlap", () => {
      for (const [{ coactive }, { coactive: wanted, map }] of pairs()) {
        expect(coactive.map(({ concept, count }) => [concept, count])).toEqual(
          wanted.slice(0, 3).map(({ concept, count }) => [concept, count]),
        );
        for (const [i, { concept, lift, overlap }] of coactive.entries()) {
          expect(lift).toBeCloseTo(wanted[i].lift, 9);
          const other = truth.concepts[concept].map;
          const product = map.reduce((sum, value, n) => sum + value * other[n], 0);
          if (index.codes === "scalar") expect(overlap).toBeNaN();
          else expect(overlap).toBeCloseTo(product / Math.hypot(...map) / Math.hypot(...other), 5);
        }
      }
    });

    test("labels: the class, its AUC by all pairs of samples, the information", () => {
      for (const [{ label }, { label: wanted }] of pairs()) {
        expect(label?.label).toBe(wanted?.label);
        expect(label?.auc ?? 0).toBeCloseTo(wanted?.auc ?? 0, 9);
        expect(label?.information ?? 0).toBeCloseTo(wanted?.information ?? 0, 9);
      }
      expect(index.concepts.some(({ label }) => label !== undefined)).toBe(true);
    });

    test("maps, sites, peaks and boxes", () => {
      for (const [{ concept, map, site, top, drawn }, { map: wanted }] of pairs()) {
        if (index.codes === "scalar") {
          expect([map, site, top[0]?.where]).toEqual([undefined, undefined, undefined]);
          continue;
        }
        const most = Math.max(...wanted);
        expect(index.siteGrid).toEqual(dataset.grid);
        for (const [n, value] of (map ?? []).entries())
          expect(Math.abs(value - wanted[n])).toBeLessThanOrEqual(1e-5 * most);
        expect(site === undefined).toBe(most === 0);
        if (site !== undefined) {
          for (const [axis, { center, concentration }] of centerOf(wanted, dataset.grid).entries()) {
            expect(site.concentration[axis]).toBeCloseTo(concentration, 5);
            const apart = Math.abs(site.center[axis] - center);
            expect(Math.min(apart, 1 - apart) * concentration).toBeLessThan(1e-5);
          }
          expect(site.extent).toBeCloseTo(extentOf(wanted), 9);
        }
        for (const { sample, where } of [...top, ...drawn]) {
          const own = truth.map(sample, concept);
          expect(where?.peaks.map(({ position }) => position)).toEqual(
            peaksOf(own, dataset.grid, mostPeaks).map(({ position }) => position),
          );
          for (const { position, value } of where?.peaks ?? []) expect(value).toBe(own[position]);
          for (const [axis, { size, holds }] of boxesOf(own, dataset.grid).entries()) {
            expect(where?.box.size[axis]).toBe(size);
            expect(holds(where?.box.from[axis] ?? -1)).toBe(true);
          }
        }
      }
    });

    test("descriptions of atoms", () => {
      for (const [{ atom }, { atom: wanted }] of pairs()) {
        expect(atom.hoyer).toBeCloseTo(wanted.hoyer, 4);
        for (const { channel, share } of atom.channels) expect(share).toBeCloseTo(wanted.channels[channel], 5);
        const shares = atom.channels.map(({ share }) => share);
        expect(shares).toEqual([...shares].sort((a, b) => b - a));
        expect(atom.channels).toHaveLength(Math.min(dataset.channels, mostChannels));
        expect(atom.extent ?? 0).toBeCloseTo(wanted.extent ?? 0, 9);
        expect(atom.bandwidth ?? 0).toBeCloseTo(wanted.bandwidth ?? 0, 9);
        expect(atom.frequency).toEqual(wanted.waves?.[0].frequency);
        const turn = Math.abs((atom.orientation ?? 0) - (wanted.orientation ?? 0));
        expect(Math.min(turn, Math.PI - turn) * (wanted.anisotropy ?? 0)).toBeLessThan(1e-4);
        expect(atom.anisotropy ?? 0).toBeCloseTo(wanted.anisotropy ?? 0, 4);
      }
    });

    if (name !== "wasm") return;

    test("nothing stays on the device", async () => {
      const before = memory().numTensors;
      await indexConcepts(model, dataset);
      expect(memory().numTensors).toBe(before);
    });

    test("batches of another size make no difference", async () => {
      // Where a batch is what is chosen from, another one has other codes.
      const other = await indexConcepts(model, dataset, { batchSize: 7, drawn: 5, top: 4 });
      index.concepts.forEach((each, k) => {
        expect(other.concepts[k].count).toBe(each.count);
        expect(other.concepts[k].cost).toBeCloseTo(each.cost, 5);
        expect(other.concepts[k].drawn.map(({ sample }) => sample)).toEqual(each.drawn.map(({ sample }) => sample));
      });
    });
  });
});

test("an atom is described by its wave: frequency, orientation, and where its energy is", async () => {
  await useBackend(wasmBackend);
  const model = saeFno({ channels: 2, concepts: 2, active: 1, modes: [5, 5], domain });
  const wave = (n: number) => Math.cos(2 * Math.PI * (2 * (Math.floor(n / 12) / 12) - 3 * ((n % 12) / 12)));
  const atoms = Float32Array.from({ length: 2 * 144 * 2 }, (_, i) => {
    const [k, n, c] = [Math.floor(i / 288), Math.floor(i / 2) % 144, i % 2];
    return k === 0 ? (c === 1 ? 2 : 1) * wave(n) : 1;
  });
  const functionsOfAtoms = tensor(atoms, [2, 12, 12, 2]);
  model.dictionary.assign(functionsOfAtoms);
  functionsOfAtoms.dispose();
  const { concepts } = await indexConcepts(model, data([6, 12, 12, 2]));
  const [{ atom }, { atom: flat }] = concepts;
  // A wave and its mirror image are one; of both the one whose last component is positive is named.
  expect(atom.frequency).toEqual([-2, 3]);
  expect(atom.orientation).toBeCloseTo(Math.PI - Math.atan2(2, 3), 4);
  expect(atom.anisotropy).toBeCloseTo(1, 4);
  expect(atom.channels[0].channel).toBe(1);
  expect(atom.channels[0].share).toBeCloseTo(0.8, 5);
  expect(flat.frequency).toEqual([0, 0]);
  expect(flat.extent).toBeCloseTo(0.9, 1);
  model.dispose();
});

test("what is wrong is said", async () => {
  const model = saeMlp({ inputs: 12, concepts: 9, active: 3 });
  await expect(indexConcepts(model, data([3, 12]), { top: 0 })).rejects.toThrow(/top must be a whole number/);
  await expect(indexConcepts(model, functions)).rejects.toThrow(/12 channels|vectors/);
  model.dispose();
});
