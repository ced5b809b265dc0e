import { type Codes, disposeCodes, toDense } from "@saeno/activations";
import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { labels } from "@saeno/metrics";
import { memory, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type ConceptIndex, quantileShares } from "./concept-index.ts";
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

/** The same in float64, from dense codes and by decoding without each concept. */
async function reference(model: SparseAutoencoder, dataset: Dataset) {
  const { size, channels } = dataset;
  const values = await dataset.read(Int32Array.from({ length: size }, (_, i) => i));
  const x = tensor(values, [size, ...dataset.grid, channels]);
  const codes = model.encode(x);
  const dense = tidy(() => toDense(codes));
  const { conceptCount: K } = model.dictionary;
  const points = dense.size / size / K;
  const z = Float64Array.from(dense.dataSync());
  const functionPoints = sizeOf(dataset.grid);
  const squares = (some: Codes) =>
    tidy(() => {
      const output = model.decode(some, dataset.grid).dataSync();
      return Array.from({ length: size }, (_, b) => {
        let all = 0;
        for (let i = 0; i < functionPoints * channels; i++) {
          const at = b * functionPoints * channels + i;
          all += (values[at] - output[at]) ** 2;
        }
        return all / functionPoints;
      });
    });
  const errors = squares({ kind: "dense", values: dense });
  const costs = Array.from({ length: K }, (_, k) =>
    tidy(() => {
      const without = Float32Array.from(z, (value, i) => (i % K === k ? 0 : value));
      const rest = squares({ kind: "dense", values: tensor(without, dense.shape) });
      return rest.map((error, b) => error - errors[b]);
    }),
  );
  const map = (b: number, k: number) => Float64Array.from({ length: points }, (_, n) => z[(b * points + n) * K + k]);
  const energies = Array.from({ length: K }, (_, k) =>
    Array.from({ length: size }, (_, b) => map(b, k).reduce((sum, value) => sum + value ** 2, 0) / points),
  );
  disposeCodes(codes);
  dense.dispose();
  x.dispose();
  return { errors, costs, energies, map, points };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(cases)("an index of a model: $name", ({ dataset, make }) => {
  let model: SparseAutoencoder;
  let index: ConceptIndex;
  let truth: Awaited<ReturnType<typeof reference>>;
  beforeAll(async () => {
    await useBackend(wasmBackend);
    model = make();
    index = await indexConcepts(model, dataset, { batchSize: 10, drawn: 5, top: 4 });
    truth = await reference(model, dataset);
  });

  test("the cost of a concept is what decoding without it adds to the squared error, of every sample", () => {
    expect(index.error).toBeCloseTo(mean(truth.errors), 4);
    for (const { concept, cost, top, drawn } of index.concepts) {
      const scale = Math.max(1, mean(truth.errors));
      expect(Math.abs(cost - mean(truth.costs[concept]))).toBeLessThan(2e-5 * scale);
      for (const record of [...top, ...drawn]) {
        expect(Math.abs(record.cost - truth.costs[concept][record.sample])).toBeLessThan(1e-4 * scale);
      }
    }
    expect(index.concepts.some(({ cost }) => Math.abs(cost) > 1e-3)).toBe(true);
  });

  test("energies, counts and top samples are those of the codes", () => {
    for (const { concept, count, share, energy, top, histogram } of index.concepts) {
      const all = truth.energies[concept];
      const active = all.filter((value) => value > 0).sort((a, b) => a - b);
      expect(count).toBe(active.length);
      expect(share).toBe(active.length / dataset.size);
      expect(energy.mean).toBeCloseTo(mean(all), 5);
      expect(histogram.counts.reduce((sum, n) => sum + n, 0)).toBe(active.length);
      histogram.counts.forEach((n, i) => {
        expect(n).toBe(active.filter((e) => e >= histogram.edges[i] && e < histogram.edges[i + 1]).length);
      });
      energy.quantiles.forEach((value, i) => {
        const exact = active[Math.max(1, Math.ceil(quantileShares[i] * active.length)) - 1];
        if (exact === undefined) expect(value).toBeNaN();
        else
          expect(Math.abs(Math.log2(value / exact))).toBeLessThan(i % (quantileShares.length - 1) === 0 ? 1e-6 : 1 / 8);
      });
      const sorted = all.map((value, sample) => ({ value, sample })).filter(({ value }) => value > 0);
      sorted.sort((a, b) => b.value - a.value || a.sample - b.sample);
      expect(top.map(({ sample }) => sample)).toEqual(sorted.slice(0, 4).map(({ sample }) => sample));
    }
  });

  test("samples that are drawn rise evenly over the quantiles", () => {
    for (const { concept, drawn, count } of index.concepts) {
      expect(drawn.length).toBe(Math.min(5, count));
      const sorted = truth.energies[concept].filter((value) => value > 0).sort((a, b) => a - b);
      drawn.forEach(({ energy, quantile = Number.NaN }, i) => {
        // Fewer samples than the reservoir holds: the ranks are exact.
        const rank = Math.floor(((i + 0.5) / drawn.length) * sorted.length);
        expect(energy).toBeCloseTo(sorted[rank], 4);
        expect(quantile).toBeGreaterThanOrEqual((rank + 1) / sorted.length - 1e-6);
      });
    }
  });

  test("co-active concepts are counted", () => {
    const isActive = (k: number, b: number) => truth.energies[k][b] > 0;
    for (const { concept, coactive, count } of index.concepts) {
      for (const other of coactive) {
        const both = truth.energies[0].filter((_, b) => isActive(concept, b) && isActive(other.concept, b)).length;
        expect(other.count).toBe(both);
        expect(other.lift).toBeCloseTo((both * dataset.size) / (count * index.concepts[other.concept].count), 6);
      }
    }
  });

  test("maps, sites, peaks and boxes are where the codes are", () => {
    for (const { concept, map, site, top } of index.concepts) {
      if (index.codes === "scalar") {
        expect([map, site, top[0]?.where]).toEqual([undefined, undefined, undefined]);
        continue;
      }
      const expected = Array.from({ length: truth.points }, (_, n) =>
        mean(Array.from({ length: dataset.size }, (_, b) => truth.map(b, concept)[n] ** 2 / truth.points)),
      );
      map?.forEach((value, n) => {
        expect(value).toBeCloseTo(expected[n], 5);
      });
      if (site !== undefined) {
        grid.forEach((size, axis) => {
          let [x, y, total] = [0, 0, 0];
          expected.forEach((value, n) => {
            const place = axis === 0 ? Math.floor(n / grid[1]) : n % grid[1];
            x += value * Math.cos((2 * Math.PI * place) / size);
            y += value * Math.sin((2 * Math.PI * place) / size);
            total += value;
          });
          expect(site.concentration[axis]).toBeCloseTo(Math.hypot(x, y) / total, 4);
          const apart = Math.abs(site.center[axis] - ((((Math.atan2(y, x) / (2 * Math.PI)) % 1) + 1) % 1));
          if (site.concentration[axis] > 0.05) expect(Math.min(apart, 1 - apart)).toBeLessThan(1e-3);
        });
      }
      for (const { sample, where } of top) {
        const values = truth.map(sample, concept);
        const [peak] = where?.peaks ?? [];
        expect(Math.abs(peak.value)).toBeCloseTo(Math.max(...values.map(Math.abs)), 5);
        expect(peak.value).toBeCloseTo(values[peak.position], 5);
        grid.forEach((size, axis) => {
          const along = Array.from({ length: size }, () => 0);
          values.forEach((value, n) => {
            along[axis === 0 ? Math.floor(n / grid[1]) : n % grid[1]] += value ** 2;
          });
          const held = (from: number, length: number) =>
            Array.from({ length }, (_, i) => along[(from + i) % size]).reduce((sum, value) => sum + value, 0);
          const wanted = 0.9 * held(0, size);
          const [from, length] = [where?.box.from[axis] ?? 0, where?.box.size[axis] ?? 0];
          expect(held(from, length)).toBeGreaterThanOrEqual(wanted * (1 - 1e-6));
          for (let other = 0; other < size; other++) expect(held(other, length - 1)).toBeLessThan(wanted * (1 + 1e-6));
        });
      }
    }
  });

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

test("the reference backend finds the same", async () => {
  const indexes: ConceptIndex[] = [];
  for (const backend of [wasmBackend, cpuBackend]) {
    await useBackend(backend);
    const model = saeFno({ ...shared, modes: [4, 3], domain, lifting });
    indexes.push(await indexConcepts(model, functions));
    model.dispose();
  }
  const [a, b] = indexes;
  a.concepts.forEach((concept, k) => {
    expect(b.concepts[k].count).toBe(concept.count);
    expect(b.concepts[k].cost).toBeCloseTo(concept.cost, 5);
    expect(b.concepts[k].energy.mean).toBeCloseTo(concept.energy.mean, 5);
    expect(b.concepts[k].label?.auc ?? 0).toBeCloseTo(concept.label?.auc ?? 0, 6);
    expect(b.concepts[k].atom.hoyer).toBeCloseTo(concept.atom.hoyer, 4);
  });
  await useBackend(wasmBackend);
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

test("labels are those of the metric", async () => {
  await useBackend(wasmBackend);
  const model = saeFno({ ...shared, modes: [4, 3], domain });
  const { evaluate } = await import("@saeno/metrics");
  const { labels: known } = await evaluate(model, functions, { metrics: [labels()] });
  const index = await indexConcepts(model, functions);
  expect(index.labelNames).toEqual(["a", "b", "c"]);
  for (const { concept, auc, information, label } of known?.concepts ?? []) {
    const found = index.concepts[concept].label;
    expect(found?.label).toBe(label);
    expect(found?.auc).toBeCloseTo(auc, 6);
    expect(found?.information).toBeCloseTo(information, 6);
  }
  model.dispose();
});

test("what is wrong is said", async () => {
  const model = saeMlp({ inputs: 12, concepts: 9, active: 3 });
  await expect(indexConcepts(model, data([3, 12]), { top: 0 })).rejects.toThrow(/top must be a whole number/);
  await expect(indexConcepts(model, functions)).rejects.toThrow(/12 channels|vectors/);
  model.dispose();
});
