import { createRandom, SaenoError, sizeOf } from "@saeno/backend";
import { saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, type Dataset, sparseFunctions, sparseVectors } from "@saeno/datasets";
import { memory } from "@tensorflow/tfjs-core";
import { evaluate } from "./evaluate.ts";
import type { EvaluatedModel, Metric } from "./metric.ts";

export interface MetricTest {
  /** A fresh one each time. */
  metric(): Metric;
  /** The largest difference between results, relative to the larger. Default 1e-4: devices compute in float32. */
  readonly tolerance?: number;
}

/**
 * The suite that every metric must pass, ours or yours, in any test framework: on spectral, convolutional and vector models, with data whose truth is known
 * and with labeled noise, its results are the same however the dataset is cut into batches, JSON can hold them, two measurements at the same time do not
 * disturb each other, and nothing is left on the device. A backend must be in use.
 *
 * @throws SaenoError `metric.test` naming everything that is wrong.
 */
export async function testMetric({ metric, tolerance = 1e-4 }: MetricTest): Promise<void> {
  const problems = new Set<string>();
  for (const { name, dataset, make } of cases()) {
    const model = make();
    const before = memory().numTensors;
    const results = async (batchSize: number) => {
      const { grid: _, samples: __, ...found } = await evaluate(model, dataset, { metrics: [metric()], batchSize });
      return found;
    };
    const whole = await results(dataset.size);
    for (const [key, value] of Object.entries(whole)) {
      if (!isJson(value)) problems.add(`"${key}" is nothing that JSON can hold`);
    }
    for (const batchSize of [1, 3]) compare(await results(batchSize), whole, `in batches of ${batchSize}`);
    const together = await Promise.all([results(2), results(dataset.size)]);
    for (const found of together) compare(found, whole, "while another measurement is under way");
    const left = memory().numTensors - before;
    if (left !== 0) problems.add(`${left} tensors were left on the device`);
    model.dispose();

    function compare(found: object, expected: object, where: string): void {
      const different = differences(found, expected, tolerance);
      if (different !== undefined) problems.add(`with ${name}, ${different || "the result"} differs ${where}`);
    }
  }
  if (problems.size > 0) {
    throw new SaenoError("metric.test", `The metric "${metric().name}": ${[...problems].join("; ")}.`);
  }
}

interface Case {
  readonly name: string;
  readonly dataset: Dataset;
  make(): EvaluatedModel & { dispose(): void };
}

function cases(): readonly Case[] {
  const functions = { grid: [8, 8], channels: 1, concepts: 4, kernel: 3, activeConcepts: 1, spikes: 2 };
  const noise = [7, 6, 5, 2];
  const labels = { values: [0, 1, 2, 0, 1, 2, 0], names: ["a", "b", "c"] };
  return [
    {
      name: "a spectral model",
      dataset: sparseFunctions({ ...functions, samples: 7, seed: 1 }),
      make: () => saeFno({ channels: 1, concepts: 8, active: 2, modes: [4, 4], domain: { density: 0.1 } }),
    },
    {
      name: "a convolutional model",
      dataset: {
        ...arrayDataset({ name: "noise", values: createRandom(2).normals(sizeOf(noise)), shape: noise }),
        labels,
      },
      make: () => saeCnn({ channels: 2, concepts: 6, active: 2, kernel: [3, 3], domain: { density: 0.2 } }),
    },
    {
      name: "a model of vectors",
      dataset: sparseVectors({ n: 12, concepts: 6, active: 2, samples: 7, seed: 1 }),
      make: () => saeMlp({ inputs: 12, concepts: 16, active: 3 }),
    },
  ];
}

/** Numbers, texts, and lists and records of them. A number that is none becomes null. */
function isJson(value: unknown): boolean {
  if (value === null || ["number", "string", "boolean"].includes(typeof value)) return true;
  if (typeof value !== "object") return false;
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return plain && Object.values(value).every(isJson);
}

/** Where two results differ first, as a path; nothing where they do not. */
function differences(a: unknown, b: unknown, tolerance: number): string | undefined {
  if (typeof a === "number" && typeof b === "number") {
    const close = Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1e-3, Math.abs(a), Math.abs(b));
    return close ? undefined : "";
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b ? undefined : "";
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const inside = differences(left.get(key), right.get(key), tolerance);
    if (inside !== undefined) return inside === "" ? key : `${key}.${inside}`;
  }
  return undefined;
}
