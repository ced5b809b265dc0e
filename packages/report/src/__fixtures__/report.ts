import type { ReportData, ReportModel } from "../data/report-data.ts";

/** A report of one model with two atoms of 4 x 4 points, one sample and every section. */
export function fixtureReport(change: Partial<ReportModel> = {}): ReportData {
  return { title: "A report", summary: ["Of nothing."], config: { seed: 1 }, models: [fixtureModel(change)] };
}

export function fixtureModel(change: Partial<ReportModel> = {}): ReportModel {
  const input = Float32Array.from({ length: 16 }, (_, i) => i / 16);
  const map = new Float32Array(16);
  map[5] = 2;
  return {
    name: "SAE-FNO",
    history: [1, 2, 3, 4].map((step) => ({ step, loss: 1 / step ** 2, relativeError: 1 / step })),
    evaluation: {
      samples: 10,
      grid: [4, 4],
      mse: 0.01,
      relativeError: 0.123,
      r2: 0.9,
      l0: 1.5,
      density: 0.25,
      codeEntries: 6,
      budget: 0.375,
      dead: 0,
      conceptsFor90: 2,
      utilization: [0.2, 0.9],
      energy: [1, 2],
    },
    atoms: {
      values: Float32Array.from({ length: 32 }, (_, i) => Math.cos(i)),
      shape: [2, 4, 4, 1],
    },
    atomStatistics: { hoyer: [0.3, 0.6], hoyerBaseline: 0.215, cosines: [0.1], coherence: 0.1 },
    resolution: [{ grid: [8, 8], relativeError: 0.2 }],
    samples: [
      {
        input,
        reconstruction: input.map((value) => 0.9 * value),
        grid: [4, 4],
        channels: 1,
        concepts: [{ concept: 1, map, energy: 0.25 }],
      },
    ],
    ...change,
  };
}
