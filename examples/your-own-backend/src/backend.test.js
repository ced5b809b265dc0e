import { readFile } from "node:fs/promises";
import { cpuBackend, hasOwnKernel, useBackend } from "@saeno/backend";
import { conformanceCases, sampleOfCases } from "@saeno/backend/conformance";
import { saeMlp } from "@saeno/core";
import { sparseVectors } from "@saeno/datasets";
import { train } from "@saeno/training";
import { expect, test } from "vitest";
import { backend } from "./backend.js";

const cases = conformanceCases();

test("the backend runs its own kernels, and contracts agree with their references", {
  timeout: 240_000,
}, async () => {
  await useBackend(backend);
  for (const contract of ["SaenoDecodeRows", "SaenoDotRows", "SaenoAccumulateRows"]) {
    expect(hasOwnKernel({ definition: { name: contract } }, "loops")).toBe(true);
  }
  // All of the contracts that the backend computes itself, and of the others a sample.
  const isOwn = ({ contract }) => /Rows/.test(contract);
  const others = cases.filter((each) => !isOwn(each));
  const some = [...cases.filter(isOwn), ...sampleOfCases(others, 5)];
  const bad = some.flatMap(({ contract, name, run }) => {
    const { forwardDeviation, gradientDeviation = 0, leaks } = run();
    const agrees = forwardDeviation < 1e-4 && gradientDeviation < 1e-4 && leaks === 0;
    return agrees ? [] : [`${contract}, ${name}: ${forwardDeviation}, ${gradientDeviation}, ${leaks} leaks`];
  });
  expect(some.length).toBeGreaterThan(250);
  expect(bad).toEqual([]);
});

test("a training script changes its backend in one line, and its result in no digit that matters", async () => {
  const errors = [];
  for (const each of [backend, cpuBackend]) {
    await useBackend(each);
    const dataset = sparseVectors({ n: 32, concepts: 48, active: 2, samples: 256 });
    const model = saeMlp({ inputs: 32, concepts: 48, active: 2 });
    const records = await train({ model, dataset, steps: 20, batchSize: 64, learningRate: 0.01 });
    errors.push(records.at(-1).relativeError);
  }
  expect(errors[0]).toBeCloseTo(errors[1], 4);
});

test("the guide shows this backend as it stands", async () => {
  const guide = await readFile(new URL("../../../docs/backends.md", import.meta.url), "utf8");
  const source = await readFile(new URL("./backend.js", import.meta.url), "utf8");
  expect(guide).toContain(source.slice(source.indexOf("const kind ="), source.indexOf("/** v_bj =")).trim());
});
