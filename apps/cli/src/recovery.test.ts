/** Known dictionaries recovered by gradient descent through unrolled encoders, as runs of the command (specification: Reproduction, figure 2a). */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-recovery-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Summary {
  readonly recovery: {
    readonly curve: readonly { readonly step: number; readonly error: number }[];
    readonly start: number;
    readonly error: number;
    readonly recovered: number;
  };
}

async function train(name: string, flags: string): Promise<Summary> {
  const args = ["train", ...flags.split(" "), "--out", name, "--json"];
  const { status, stdout, stderr } = await runSaeno(folder, args);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

const descent =
  "--optimizer sgd --schedule constant --no-unit-atoms --decoder-bias none --encoder unrolled --start-noise 0.5";
/** Half the sum of squares of a sample at the rate 0.01 is the mean square of its 100 entries at 50 times that. */
const vectors = `--data sparse-vectors --model mlp --concepts 150 ${descent} --lr 0.5 --batch 256 --steps 300 --limit 76800 --test 100 --iterations 15 --step-size 0.2 --threshold 2 --recovery-every 15`;
const at = ({ recovery }: Summary, steps: readonly number[]) =>
  steps.map((step) => recovery.curve.find((point) => point.step === step)?.error ?? Number.NaN);

/** The curves of an independent implementation, on other random numbers. */
const steps = [0, 15, 30, 60, 120, 300];
const published = [0.45, 0.257, 0.14, 0.041, 0.004, 0.001];
const publishedLifted = [0.45, 0.195, 0.1, 0.033, 0.007, 0.003];

test("vectors: SAE and L-SAE recover the dictionary along the same curve, which is the published one", async () => {
  const plain = await train("plain", vectors);
  const lifted = await train("lifted", `${vectors} --lifting 120 --no-lifting-learned`);
  at(plain, steps).forEach((error, i) => {
    expect(Math.abs(error - (published[i] ?? 0))).toBeLessThan(0.02);
    expect(at(lifted, steps)[i]).toBeCloseTo(error, 3);
  });
  for (const { recovery } of [plain, lifted]) {
    expect(recovery.error).toBeLessThan(0.005);
    expect(recovery.recovered).toBe(1);
  }
});

test("vectors: a learned lifting starts faster, as published", async () => {
  const learned = await train("learned", `${vectors} --lifting 120 --no-lifting-tied`);
  at(learned, steps).forEach((error, i) => {
    expect(Math.abs(error - (publishedLifted[i] ?? 0))).toBeLessThan(0.02);
  });
});

test.each([
  // 0.003 on half the sum of squares of 16 x 16 x 8 entries; codes of spectra are 16 times those of kernels.
  { model: "cnn", own: "--kernel 5 --step-size 0.1 --threshold 0.5" },
  { model: "fno", own: "--step-size 25.6 --threshold 8" },
])("functions: $model recovers the kernels, lifted along the same curve", async ({ model, own }) => {
  const flags = `--data sparse-functions --model ${model} ${own} --lr 3.072 --concepts 12 ${descent} --batch 32 --steps 60 --limit 1920 --test 20 --iterations 15 --recovery-every 12`;
  const plain = await train(model, flags);
  const [start, early, end] = at(plain, [0, 12, 60]) as [number, number, number];
  expect(start).toBeGreaterThan(0.4);
  expect(early).toBeLessThan(start);
  expect(end).toBeLessThan(0.005);
  const lifted = await train(`L-${model}`, `${flags} --steps 12 --lifting 12 --no-lifting-learned`);
  lifted.recovery.curve.forEach(({ error }, i) => {
    expect(error).toBeCloseTo(plain.recovery.curve[i]?.error ?? Number.NaN, 3);
  });
});

const small =
  "--data sparse-vectors:12,concepts=16,active=2 --model mlp --concepts 16 --active 2 --batch 8 --limit 64 --test 8 --steps 7";

test("a run folder holds the error after the steps it was measured at, and repeats; another seed is another problem", async () => {
  const { recovery } = await train("run", `${small} --start-noise 0.4 --recovery-every 3`);
  expect(recovery.curve.map(({ step }) => step)).toEqual([0, 3, 6, 7]);
  expect([recovery.curve[0]?.error, recovery.curve[3]?.error]).toEqual([recovery.start, recovery.error]);
  const lines = (await readFile(join(folder, "run", "metrics.jsonl"), "utf8")).trim().split("\n");
  const errors = lines.map((line) => JSON.parse(line).recoveryError);
  const [, third, sixth, last] = recovery.curve.map(({ error }) => error);
  expect(errors).toEqual([undefined, undefined, third, undefined, undefined, sixth, last]);
  const curves = async (file: string) => (await readFile(join(folder, file), "utf8")).match(/recovery error against/g);
  expect(await curves("run/report.html")).toHaveLength(1);
  const again = await train("again", `--config ${join(folder, "run", "config.json")}`);
  expect(again.recovery).toEqual(recovery);
  const other = await train("other", `--config ${join(folder, "run", "config.json")} --seed 1`);
  expect(other.recovery.start).not.toBeCloseTo(recovery.start, 4);
});

test("a run that starts anywhere is measured too: vectors along the way, functions at both ends", async () => {
  const steps = async (name: string, flags: string) =>
    (await train(name, flags)).recovery.curve.map(({ step }) => step);
  expect(await steps("anywhere", small)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const functions =
    "--data sparse-functions:8,channels=2 --concepts 6 --active 1 --batch 4 --limit 16 --test 4 --steps 5";
  expect(await steps("anywhere-fno", functions)).toEqual([0, 5]);
  expect(await steps("anywhere-cnn", `${functions} --model cnn --kernel 3 --recovery-every 2`)).toEqual([0, 2, 4, 5]);
});
