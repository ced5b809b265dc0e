import { cpuBackend, useBackend } from "@saeno/backend";
import { beforeAll, describe, test } from "vitest";
import {
  type Activation,
  balanced,
  batchTopK,
  hardThreshold,
  jumpRelu,
  mapSparsity,
  relu,
  softThreshold,
  spade,
  topK,
} from "./index.ts";
import { testActivation } from "./testing.ts";

beforeAll(() => useBackend(cpuBackend));

const conceptCount = 6;
const scalar = { grids: [[]] };
const maps = { grids: [[9], [5, 4]] };
const learned = { threshold: 0.4, bandwidth: 0.2 };

const activations: [string, () => Activation, object?][] = [
  ["relu", relu],
  ["topk", () => topK({ k: 2 }), scalar],
  ["batchtopk", () => batchTopK({ k: 2 }), scalar],
  ["jumprelu", () => jumpRelu({ conceptCount, ...learned })],
  ["hard-threshold", () => hardThreshold({ threshold: 0.5 })],
  ["hard-threshold, one-sided", () => hardThreshold({ threshold: 0.5, oneSided: true })],
  ["soft-threshold", () => softThreshold({ threshold: 0.5 })],
  ["spade", () => spade({ scale: 0.5 })],
  ["balanced topk", () => balanced(topK({ k: 2 }), { conceptCount }), scalar],
  ["balanced map-sparsity", () => balanced(mapSparsity({ concepts: 2 }), { conceptCount }), maps],
  ["map-sparsity", () => mapSparsity({ concepts: 2, domain: { density: 0.2 } }), maps],
  ["map-sparsity of a batch", () => mapSparsity({ concepts: { batch: 2 }, domain: { count: 3, batch: true } }), maps],
  ["map-sparsity with thresholds", () => mapSparsity({ concepts: learned, domain: learned, conceptCount }), maps],
  [
    "map-sparsity with two thresholds",
    () => mapSparsity({ concepts: learned, domain: { threshold: 0.2 }, energy: "rectified", conceptCount }),
    maps,
  ],
];

describe.each(activations)("%s", (_, make, where = {}) => {
  testActivation({ test, make, conceptCount, ...where });
});
