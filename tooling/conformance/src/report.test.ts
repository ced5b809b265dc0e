import { expect, test } from "vitest";
import type { Examination, ModelError } from "./protocol.ts";
import { contractTable, faultsOf, indexTable, modelTable } from "./report.ts";

function examined(relativeError: number, failures: readonly string[] = []): Examination {
  return {
    detail: "a backend",
    contracts: [
      {
        contract: "SaenoTopKRows",
        cases: 3,
        forward: failures.length > 0 ? null : 0,
        gradient: 1e-7,
        leaks: 0,
        failures,
      },
    ],
    models: [{ model: "SAE-FNO", trainedOn: "a", relativeError }],
    indexes: [{ model: "SAE-FNO", numbers: [[0.5], [4, 0.25]] }],
    saved: [],
  };
}

const error = (relativeError: number): readonly ModelError[] => [{ model: "SAE-FNO", trainedOn: "a", relativeError }];

test("backends that agree have no faults, and a table each", () => {
  const examinations = new Map([
    ["a", examined(0.5)],
    ["b", examined(0.51)],
  ]);
  const evaluations = new Map([
    ["a", error(0.5)],
    ["b", error(0.5001)],
  ]);
  expect(faultsOf(examinations, evaluations)).toEqual([]);
  expect(contractTable(examinations)).toMatch(/\| TopKRows \| +3 \| +0 \/ 1\.0e-7 \| +0 \/ 1\.0e-7 \|/);
  expect(modelTable(evaluations)).toMatch(/\| SAE-FNO \| +a \| 0\.50000 \| 0\.50010 \|/);
});

test("a contract that fails, a model that differs elsewhere and one that trains otherwise are faults", () => {
  const examinations = new Map([
    ["a", examined(0.5)],
    ["b", examined(0.6, ["no rows: 1 leaks"])],
  ]);
  const evaluations = new Map([
    ["a", error(0.5)],
    ["b", error(0.52)],
  ]);
  expect(faultsOf(examinations, evaluations)).toEqual([
    "b: SaenoTopKRows, no rows: 1 leaks",
    "b: SAE-FNO trained here ends at 0.6, on a at 0.5",
    "b: SAE-FNO trained on a has an error of 0.52 here, of 0.5 on a",
  ]);
  expect(contractTable(examinations)).toMatch(/infinite \/ 1\.0e-7 \(1 fail\)/);
  expect(faultsOf(new Map([["a", examined(0.5)]]), new Map([["a", error(Number.NaN)]]))).toHaveLength(1);
});

test("a model that cannot be trained or evaluated is a fault and has no number", () => {
  const failed: ModelError = { model: "SAE-FNO", trainedOn: "a", relativeError: null, failure: "no kernel" };
  const evaluations = new Map([["a", [failed]]]);
  const examinations = new Map([["a", { ...examined(0.5), models: [failed] }]]);
  expect(faultsOf(examinations, evaluations)).toEqual([
    "a: SAE-FNO cannot be trained here: no kernel",
    "a: SAE-FNO trained on a cannot be evaluated here: no kernel",
  ]);
  expect(modelTable(evaluations)).toMatch(/failed/);
});

test("an index of concepts that differs, or cannot be made, is a fault", () => {
  const other = (numbers: number[][], failure?: string): Examination => ({
    ...examined(0.5),
    indexes: [{ model: "SAE-FNO", numbers, ...(failure === undefined ? {} : { failure }) }],
  });
  const examinations = new Map([
    ["a", examined(0.5)],
    ["b", other([[0.5], [4, 0.2501]])],
    ["c", other([[0.5], [5, 0.25]])],
    ["d", other([], "no kernel")],
  ]);
  expect(faultsOf(examinations, new Map())).toEqual([
    "c: the index of concepts of SAE-FNO differs from that on a by 2.5e-1",
    "d: concepts of SAE-FNO cannot be indexed here: no kernel",
  ]);
  expect(indexTable(examinations)).toMatch(/\| SAE-FNO +\| +0 \| 1\.0e-4 \| 2\.5e-1 \| infinite \|/);
});
