import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { beforeAll, expect, test } from "vitest";
import { recover } from "./recover.ts";
import { denseProblem, functionProblem } from "./recovery-problems.ts";

beforeAll(() => useBackend(wasmBackend));

const orthogonal = { tied: true, learned: false };

/** The curve of an independent implementation, on other random numbers. */
const published = [0.45, 0.257, 0.14, 0.041, 0.004, 0.001];

test("vectors: SAE and L-SAE recover the dictionary along the same curve, which is the published one", async () => {
  const checks = [0, 15, 30, 60, 120, 300];
  const problem = denseProblem();
  const plain = await recover(problem, { name: "SAE" }, checks);
  const lifted = await recover(problem, { name: "L-SAE", lifting: orthogonal }, checks);
  plain.forEach(({ error }, i) => {
    expect(Math.abs(error - (published[i] as number))).toBeLessThan(0.02);
    expect(lifted[i]?.error).toBeCloseTo(error, 3);
  });
  expect(plain.at(-1)?.error).toBeLessThan(0.005);
  expect(lifted.at(-1)?.error).toBeLessThan(0.005);
});

test.each([{ kind: "conv" as const }, { kind: "fourier" as const }])(
  "functions: $kind atoms recover the kernels",
  async ({ kind }) => {
    const curve = await recover(functionProblem(kind), { name: kind }, [0, 12, 60]);
    expect(curve[0]?.error).toBeGreaterThan(0.4);
    expect(curve[1]?.error).toBeLessThan(curve[0]?.error as number);
    expect(curve[2]?.error).toBeLessThan(0.005);
  },
);
