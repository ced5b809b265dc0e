import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type SparseAutoencoder, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset } from "@saeno/datasets";
import { eye } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../evaluate.ts";
import { knowledge, labels, rankedSamples } from "./labels.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

/** A model whose codes are its samples. */
function identity(size: number): SparseAutoencoder {
  const model = saeMlp({ inputs: size, concepts: size, active: size, tied: true });
  model.dictionary.assign(eye(size));
  return model;
}

function labeled(rows: readonly number[][], values: readonly number[], names?: readonly string[]): Dataset {
  const shape = [rows.length, rows[0].length];
  const dataset = arrayDataset({ name: "rows", values: Float32Array.from(rows.flat()), shape });
  return { ...dataset, labels: { values, ...(names === undefined ? {} : { names }) } };
}

describe("labels", () => {
  it("are what is worked out by hand: the AUC of energies with ties, and the information of being active", async () => {
    // Concept 0: energies 4 1 0 of class 1 against 0 0 0. Concept 1 is always on, 3 never. Concept 2: 9 9 4 of class 3 against 0 0 1.
    const columns = [
      [2, 1, 0, 0, 0, 0],
      [1, 1, 1, 1, 1, 1],
      [0, 0, 1, 3, 3, 2],
      [0, 0, 0, 0, 0, 0],
    ];
    const rows = columns[0].map((_, i) => columns.map((column) => column[i]));
    const dataset = labeled(rows, [1, 1, 1, 3, 3, 3], ["zero", "one", "two", "three"]);
    const bits = 1 / 3 - 1 / 6 + Math.log2(3 / 2) / 2;
    const model = identity(4);
    for (const batchSize of [6, 4]) {
      const { labels: found } = await evaluate(model, dataset, { metrics: [labels()], batchSize });
      expect(found).toMatchObject({ samples: 6, entropy: 1 });
      expect(found?.classes).toEqual([
        { label: 1, name: "one", samples: 3, concept: 0, auc: expect.closeTo(7.5 / 9, 12) },
        { label: 3, name: "three", samples: 3, concept: 2, auc: 1 },
      ]);
      expect(found?.concepts).toEqual([
        { concept: 2, label: 3, name: "three", auc: 1, information: expect.closeTo(bits, 12) },
        { concept: 0, label: 1, name: "one", auc: expect.closeTo(7.5 / 9, 12), information: expect.closeTo(bits, 12) },
        { concept: 1, label: 1, name: "one", auc: 0.5, information: 0 },
      ]);
      expect(found?.auc.median).toBeCloseTo(7.5 / 9, 12);
      expect(found?.auc.mean).toBeCloseTo((1 + 7.5 / 9 + 0.5) / 3, 12);
      expect(found?.information.mean).toBeCloseTo((2 * bits) / 3, 12);
      expect(found?.auc.chance).toBeLessThan(1);
    }
    model.dispose();
  });

  it("give the AUC that counting all pairs gives", () => {
    const random = createRandom(3);
    const energies = Float32Array.from({ length: 40 }, () => Math.max(0, random.integer(6) - 2));
    const classes = Int32Array.from({ length: 40 }, () => random.integer(3));
    const sizes = [0, 1, 2].map((place) => classes.filter((each) => each === place).length);
    const counted = sizes.map((size, place) => {
      let wins = 0;
      for (const [i, a] of energies.entries()) {
        for (const [j, b] of energies.entries()) {
          if (classes[i] === place && classes[j] !== place) wins += a > b ? 1 : a === b ? 0.5 : 0;
        }
      }
      return wins / (size * (40 - size));
    });
    const found = knowledge(rankedSamples(energies), classes, sizes);
    expect(found.auc).toBeCloseTo(Math.max(...counted), 12);
    expect(found.aucs).toEqual(counted.map((auc) => expect.closeTo(auc, 12)));
    expect(found.place).toBe(counted.indexOf(Math.max(...counted)));
  });

  it("are left out of data without labels, or with one", async () => {
    const model = identity(1);
    const dataset = labeled([[1], [2]], [5, 5]);
    expect(await evaluate(model, dataset, { metrics: [labels()] })).toEqual({ grid: [], samples: 2 });
    const { labels: _, ...without } = dataset;
    expect(await evaluate(model, without, { metrics: [labels()] })).toEqual({ grid: [], samples: 2 });
    model.dispose();
  });

  it("of many concepts are those of some samples, evenly spread", async () => {
    const model = identity(1);
    const wide = {
      forward: (x: Parameters<SparseAutoencoder["forward"]>[0]) => model.forward(x),
      dictionary: { ...model.dictionary, conceptCount: 2 ** 21 },
    };
    // Four of eight: 0, 2, 4, 6. The others would spoil it.
    const dataset = labeled([[1], [0], [1], [0], [0], [1], [0], [1]], [1, 1, 1, 1, 0, 0, 0, 0]);
    const { labels: found } = await evaluate(wide, dataset, { metrics: [labels()], batchSize: 3 });
    expect(found).toMatchObject({ samples: 4, concepts: [{ concept: 0, label: 1, auc: 1, information: 1 }] });
    model.dispose();
  });
});
