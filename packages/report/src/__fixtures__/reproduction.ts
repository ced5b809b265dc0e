import type { Curve, FigurePlot } from "../figure-plot-data.ts";
import type { ReproducedFigure, ReproductionData } from "../reproduction-data.ts";
import type { Spread } from "../spread.ts";

/** Seven figures with every verdict and every kind of picture; the numbers are made up. */
export function fixtureReproduction(): ReproductionData {
  return {
    title: "Figures of “Sparse autoencoder neural operators”, made again",
    summary: [
      "Each figure was run with three seeds in the setting of the paper, and where that did not show the claim in others.",
    ],
    figures: [lifting(), resolution(), hoyer(), correlation(), concepts(), utilization(), rotation()],
  };
}

export function fixtureFigure(change: Partial<ReproducedFigure> = {}): ReproducedFigure {
  return {
    id: "1",
    title: "A figure",
    claim: "Something is so.",
    setup: ["Of nothing."],
    rule: "It has to be so.",
    verdict: "holds",
    settings: [],
    tables: [],
    plots: [],
    ...change,
  };
}

export function fixtureSpread(mean: number, reach = 0.03, count = 3): Spread {
  return { mean, low: mean * (1 - reach), high: mean * (1 + 1.4 * reach), count };
}

/** Numbers that look random and are always the same, normally distributed. */
export function fixtureNoise(length: number, seed: number): number[] {
  let state = seed + 1;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return Array.from({ length }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/** One figure for each kind of picture. */
export function fixturePlots(): FigurePlot[] {
  return [lifting, hoyer, correlation, concepts, utilization].flatMap((figure) => figure().plots);
}

function lifting(): ReproducedFigure {
  const curve = (name: string, rate: number, dashed: boolean, seed: number): Curve => {
    const noise = fixtureNoise(1000, seed);
    const points = noise.map((value, i) => {
      const mean = 0.45 * Math.exp(-rate * i) * Math.exp(0.04 * value) + 0.0008;
      return { x: i + 1, y: fixtureSpread(mean, 0.12) };
    });
    return { name, dashed, points };
  };
  return {
    id: "2b",
    title: "Lifting accelerates recovery",
    claim: "At the same learning rate the lifted SAE reaches a given recovery error in fewer steps than the SAE.",
    setup: ["50,000 samples of 1,000 entries, 20 of 1,500 atoms active with amplitudes N(15, 1).", "Lifted to 1,200 entries.", "SGD at 0.03, 1,000 steps."],
    rule: "Steps to a recovery error of 0.05, the lifted over the unlifted, must be at most 0.9 in every seed.",
    verdict: "holds",
    settings: [
      {
        name: "as in the paper",
        passed: true,
        checks: [
          { says: "steps to an error of 0.05, L-SAE over SAE", value: fixtureSpread(0.713), bound: "at most 0.9", passed: true },
          { says: "final error of L-SAE", value: fixtureSpread(0.00123), bound: "at most 0.01", passed: true },
        ],
      },
    ],
    tables: [
      {
        title: "Recovery error after training",
        unit: "share of the norm",
        columns: ["15 steps", "60 steps", "300 steps"],
        rows: [
          { name: "SAE", cells: [0.257, 0.041, 0.0012].map((value) => fixtureSpread(value)) },
          { name: "L-SAE", cells: [0.195, 0.033, 0.00105].map((value) => fixtureSpread(value)) },
          { name: "SAE at twice the learning rate", cells: [0.143, 0.042, undefined].map((v) => (v === undefined ? v : fixtureSpread(v))), baseline: true },
        ],
      },
    ],
    plots: [
      {
        kind: "curves",
        title: "Recovery error against training step",
        x: { label: "step" },
        y: { label: "recovery error", log: true },
        curves: [curve("SAE", 0.005, false, 1), curve("L-SAE", 0.008, false, 2), curve("SAE at twice the learning rate", 0.01, true, 3)],
        references: [{ name: "what counts as recovered", y: 0.05 }],
      },
      {
        kind: "curves",
        title: "The same, first steps",
        x: { label: "step", log: true },
        y: { label: "recovery error" },
        curves: [curve("SAE", 0.005, false, 1), curve("L-SAE", 0.008, false, 2)],
      },
    ],
    config: { data: { kind: "dense", samples: 50_000, entries: 1000 }, model: { concepts: 1500, active: 20 }, seeds: [0, 1, 2] },
  };
}

function resolution(): ReproducedFigure {
  const grids = [28, 42, 56, 84, 112];
  const rows: [string, number[]][] = [
    ["SAE-FNO, global start", [0.34, 0.318, 0.316, 0.314, 0.313]],
    ["SAE-FNO, localized start", [0.124, 0.117, 0.117, 0.113, 0.112]],
    ["SAE-CNN", [0.174, 0.193, 0.245, 0.357, 0.503]],
  ];
  return {
    id: "11",
    title: "Error across resolutions on MNIST",
    claim: "The error of SAE-FNO stays flat as the grid is refined; that of SAE-CNN rises.",
    setup: ["MNIST at 28 × 28, 9,000 samples for training, 64 concepts, 8 active."],
    rule: "The error on 112 × 112 over that on 28 × 28 is at most 1.02 for SAE-FNO and at least 1.5 for SAE-CNN, and SAE-FNO is better on the training grid.",
    verdict: "holds under these settings",
    reason: "From the global start SAE-FNO is flat, but worse than SAE-CNN where both were trained.",
    settings: [
      {
        name: "global start, as in the paper",
        passed: false,
        checks: [
          { says: "error on 112 × 112 over that on 28 × 28, SAE-FNO", value: fixtureSpread(0.9206), bound: "at most 1.02", passed: true },
          { says: "error on 28 × 28, SAE-FNO over SAE-CNN", value: fixtureSpread(1.954), bound: "at most 1", passed: false },
        ],
      },
      {
        name: "localized start",
        passed: true,
        checks: [
          { says: "error on 112 × 112 over that on 28 × 28, SAE-FNO", value: fixtureSpread(0.9032), bound: "at most 1.02", passed: true },
          { says: "error on 28 × 28, SAE-FNO over SAE-CNN", value: fixtureSpread(0.7126), bound: "at most 1", passed: true },
        ],
      },
    ],
    tables: [
      {
        title: "Relative error",
        columns: grids.map((n) => `${n} × ${n}`),
        rows: rows.map(([name, values]) => ({ name, cells: values.map((value) => fixtureSpread(value)), baseline: name === "SAE-CNN" })),
      },
    ],
    plots: [
      {
        kind: "curves",
        title: "Relative error against grid size",
        x: { label: "points along an axis", log: true },
        y: { label: "relative error" },
        curves: rows.map(([name, values]) => ({
          name,
          dashed: name === "SAE-CNN",
          points: values.map((value, i) => ({ x: grids[i] ?? 0, y: fixtureSpread(value) })),
        })),
        references: [{ name: "best linear basis", y: 0.095 }],
      },
    ],
    notes: ["A fixed count of points instead of a share raises the error of SAE-FNO as well."],
    failed: [{ run: "SAE-FNO, localized start, seed 2", error: "The loss was not a number at step 112; lower the learning rate." }],
  };
}

function hoyer(): ReproducedFigure {
  const levels = [2, 4, 8, 16, 32];
  const boxes = (middles: number[], reach: number) =>
    levels.map((level, i) => ({ x: String(level), values: fixtureNoise(200, 7 * i).map((v) => (middles[i] ?? 0) + reach * v) }));
  return {
    id: "4a",
    title: "Hoyer score against the number of active concepts",
    claim: "The Hoyer score of SAE-FNO's atoms hardly depends on how many concepts may be active; that of SAE-MLP's does.",
    setup: ["Whitened patches of 16 × 16 points."],
    rule: "The range of medians over all k_c, SAE-FNO over SAE-MLP, is at most 0.5.",
    verdict: "holds",
    settings: [
      { name: "as in the paper", passed: true, checks: [{ says: "range of medians, SAE-FNO over SAE-MLP", value: fixtureSpread(0.0548, 0, 1), bound: "at most 0.5", passed: true }] },
    ],
    tables: [],
    plots: [
      {
        kind: "distributions",
        title: "Hoyer scores",
        label: "Hoyer score",
        x: "k_c",
        groups: [
          { name: "SAE-FNO", boxes: boxes([0.215, 0.215, 0.217, 0.213, 0.213], 0.012) },
          { name: "SAE-MLP", boxes: boxes([0.278, 0.295, 0.304, 0.281, 0.232], 0.03) },
        ],
        references: [{ name: "Gaussian noise of 256 entries", y: 0.215 }],
      },
    ],
  };
}

function correlation(): ReproducedFigure {
  const group = (name: string, reach: number, seed: number) => ({ name, values: fixtureNoise(2016, seed).map((v) => reach * v) });
  return {
    id: "4d",
    title: "Correlation between concepts",
    claim: "Pairwise correlations of SAE-FNO's concepts are distributed more broadly than those of SAE-CNN's.",
    setup: ["As figure 4a, with 64 concepts each."],
    rule: "The standard deviation of all cosines, SAE-FNO over SAE-CNN, is at least 1.1.",
    verdict: "does not hold",
    settings: [
      { name: "global start, as in the paper", passed: false, checks: [{ says: "standard deviation of cosines, SAE-FNO over SAE-CNN", value: fixtureSpread(0.3412), bound: "at least 1.1", passed: false }] },
      { name: "localized start", passed: false, checks: [{ says: "standard deviation of cosines, SAE-FNO over SAE-CNN", value: { mean: Number.NaN, low: Number.NaN, high: Number.NaN, count: 3 }, bound: "at least 1.1", passed: false }] },
    ],
    tables: [
      { title: "Spread of cosines", unit: "standard deviation", columns: ["global", "localized"], rows: [{ name: "SAE-FNO", cells: [fixtureSpread(0.05), undefined] }, { name: "SAE-CNN", cells: [fixtureSpread(0.147)], baseline: true }] },
    ],
    plots: [
      {
        kind: "histograms",
        title: "Cosines between all pairs of atoms",
        label: "cosine between two atoms",
        groups: [group("SAE-FNO", 0.05, 1), group("SAE-CNN", 0.147, 2)],
        references: [{ name: "uncorrelated", x: 0 }, { name: "three spreads of noise", x: 0.19 }],
      },
    ],
  };
}

function concepts(): ReproducedFigure {
  const [K, N] = [24, 28];
  const centered = (n: number) => (n < N / 2 ? n : n - N) / N;
  const values = Float32Array.from({ length: K * N * N }, (_, i) => {
    const [k, y, x] = [Math.floor(i / (N * N)), centered(Math.floor(i / N) % N), centered(i % N)];
    const wave = Math.cos(2 * Math.PI * (1 + (k % 5)) * (x * Math.cos(k) + y * Math.sin(k)));
    return Math.exp(-(10 + 3 * k) * (x * x + y * y)) * wave;
  });
  const utilization = Array.from({ length: K }, (_, k) => Math.max(0, 0.9 - 0.045 * ((7 * k) % K)));
  return {
    id: "5",
    title: "Concepts of large images",
    claim: "Concepts are localized frequency patterns.",
    setup: ["Photographs of 28 × 28 points."],
    rule: "Pictures only.",
    verdict: "holds",
    settings: [],
    tables: [],
    plots: [{ kind: "atoms", title: "Atoms of SAE-FNO", caption: "One seed.", atoms: { values, shape: [K, N, N, 1], originAtZero: true }, utilization, count: 20, columns: 10 }],
  };
}

function utilization(): ReproducedFigure {
  const used = (count: number, rate: number) => Array.from({ length: count }, (_, i) => Math.exp(-rate * (i / count)) * (i < 0.9 * count ? 1 : 0));
  return {
    id: "6",
    title: "Use of concepts over the population",
    claim: "The sorted use of SAE-FNO's concepts falls faster than that of SAE-MLP's.",
    setup: ["As figure 4a."],
    rule: "The share of concepts that carry 90 % of uses, SAE-FNO over SAE-MLP, is at most 0.5.",
    verdict: "holds",
    settings: [],
    tables: [],
    plots: [
      { kind: "sorted", title: "Sorted use", x: "share of concepts", y: { label: "share of samples" }, normalized: true, curves: [{ name: "SAE-FNO", values: used(64, 6) }, { name: "SAE-MLP", values: used(256, 1.2) }] },
      { kind: "sorted", title: "The same by rank", x: "rank", y: { label: "share of samples", log: true }, curves: [{ name: "SAE-FNO", values: used(64, 6) }, { name: "SAE-MLP", values: used(256, 1.2) }] },
    ],
  };
}

function rotation(): ReproducedFigure {
  return {
    id: "7",
    title: "Rotated samples",
    claim: "The error of SAE-FNO rises less when samples are rotated.",
    setup: [],
    rule: "",
    verdict: "not run",
    reason: "The photographs are not there: put them in data/images, or name their folder with --images.",
    settings: [],
    tables: [],
    plots: [],
  };
}
