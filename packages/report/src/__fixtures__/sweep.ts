import type { SweepData, SweepRun } from "@saeno/experiments";
import { fixtureNoise, fixtureSpread } from "./reproduction.ts";

/** A sweep of a learning rate, a number of concepts, a start and a switch; one run failed and one is far worse than the others. */
export function fixtureSweep(change: Partial<SweepData> = {}): SweepData {
  return {
    title: "Learning rate, concepts and start of an SAE-FNO on MNIST",
    summary: ["Relative error on held-out samples after 1,000 steps."],
    metric: "relative error",
    goal: "lowest",
    fields: ["learningRate", "concepts", "start", "balance"],
    runs: fixtureRuns(),
    ...change,
  };
}

function fixtureRuns(): SweepRun[] {
  const noise = fixtureNoise(100, 3);
  const rates = [0.0003, 0.001, 0.003, 0.01, 0.03];
  const runs = rates.flatMap((learningRate, r) =>
    [64, 128, 256].flatMap((concepts, c) =>
      ["global", "localized"].map((start, s) => {
        const i = 6 * r + 2 * c + s;
        const error = 0.12 + 0.05 * (r - 2.6) ** 2 + (s === 0 ? 0.15 : 0) - 0.012 * c + 0.008 * (noise[i] ?? 0);
        return {
          settings: { learningRate, concepts, start, balance: i % 3 === 0 },
          seeds: 3,
          metric: fixtureSpread(error),
          others: { "concepts in use": fixtureSpread(10 + 4 * c), "steps a second": fixtureSpread(21.3 - 5 * c, 0, 1) },
          place: `sweep/${String(i).padStart(3, "0")}`,
        };
      }),
    ),
  );
  const [first, second, ...rest] = runs;
  if (first === undefined || second === undefined) throw new Error("There are more than two runs.");
  return [
    { ...first, failed: "The loss was not a number at step 112; lower the learning rate, or clip gradients with --clip." },
    { ...second, metric: fixtureSpread(1.8) },
    ...rest,
  ];
}
