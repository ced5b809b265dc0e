import type { Curve, FigurePlot } from "@saeno/experiments";
import type { FigureCheck, FigureVerdict, ReproducedFigure, ReproductionData } from "@saeno/experiments";
import type { Spread } from "@saeno/experiments";

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

type GivenFigure = Partial<ReproducedFigure & Omit<FigureVerdict, "sense">> & { readonly controlled?: Partial<FigureVerdict> };

/** A figure: what is said of a verdict is said of the paper's, beside which there may be a controlled one. */
export function fixtureFigure({ rule, verdict, reason, settings, controlled, ...change }: GivenFigure = {}): ReproducedFigure {
  const judged = { rule: rule ?? "It has to be so.", verdict: verdict ?? "holds", settings: settings ?? [] };
  const paper: FigureVerdict = { sense: "paper", ...judged, ...(reason === undefined ? {} : { reason }) };
  return {
    id: "1",
    title: "A figure",
    claim: "Something is so.",
    setup: ["Of nothing."],
    verdicts: controlled === undefined ? [paper] : [paper, { ...judged, ...controlled, sense: "controlled" }],
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

const check = (says: string, value: number | Spread, bound: string, passed = true): FigureCheck => ({
  says, value: typeof value === "number" ? fixtureSpread(value) : value, bound, passed,
});
const spreads = (values: readonly (number | undefined)[]) => values.map((value) => (value === undefined ? value : fixtureSpread(value)));

function lifting(): ReproducedFigure {
  const curve = (name: string, rate: number, seed: number, dashed = false): Curve => ({
    name,
    dashed,
    points: fixtureNoise(1000, seed).map((value, i) => ({ x: i + 1, y: fixtureSpread(0.45 * Math.exp(-rate * i) * Math.exp(0.04 * value) + 0.0008, 0.12) })),
  });
  const [sae, lifted, faster] = [curve("SAE", 0.005, 1), curve("L-SAE", 0.008, 2), curve("SAE at twice the learning rate", 0.01, 3, true)];
  return fixtureFigure({
    id: "2b",
    title: "Lifting accelerates recovery",
    claim: "At the same learning rate the lifted SAE reaches a given recovery error in fewer steps than the SAE.",
    setup: ["50,000 samples of 1,000 entries, 20 of 1,500 atoms active with amplitudes N(15, 1).", "Lifted to 1,200 entries.", "SGD at 0.03, 1,000 steps."],
    rule: "Steps to a recovery error of 0.05, the lifted over the unlifted, must be at most 0.9 in every seed.",
    settings: [
      {
        name: "as in the paper",
        passed: true,
        checks: [check("steps to an error of 0.05, L-SAE over SAE", 0.713, "at most 0.9"), check("final error of L-SAE", 0.00123, "at most 0.01")],
      },
    ],
    tables: [
      {
        title: "Recovery error after training",
        unit: "share of the norm",
        columns: ["15 steps", "60 steps", "300 steps"],
        rows: [
          { name: "SAE", cells: spreads([0.257, 0.041, 0.0012]) },
          { name: "L-SAE", cells: spreads([0.195, 0.033, 0.00105]) },
          { name: "SAE at twice the learning rate", cells: spreads([0.143, 0.042, undefined]), baseline: true },
        ],
      },
    ],
    plots: [
      {
        kind: "curves",
        title: "Recovery error against training step",
        x: { label: "step" },
        y: { label: "recovery error", log: true },
        curves: [sae, lifted, faster],
        references: [{ name: "what counts as recovered", y: 0.05 }],
      },
      { kind: "curves", title: "The same, first steps", x: { label: "step", log: true }, y: { label: "recovery error" }, curves: [sae, lifted] },
    ],
    config: { data: { kind: "dense", samples: 50_000, entries: 1000 }, model: { concepts: 1500, active: 20 }, seeds: [0, 1, 2] },
  });
}

function resolution(): ReproducedFigure {
  const grids = [28, 42, 56, 84, 112];
  const errors = {
    "SAE-FNO, global start": [0.34, 0.318, 0.316, 0.314, 0.313],
    "SAE-FNO, localized start": [0.124, 0.117, 0.117, 0.113, 0.112],
    "SAE-CNN": [0.174, 0.193, 0.245, 0.357, 0.503],
  };
  const rows = Object.entries(errors).map(([name, values]) => ({ name, cells: values.map((value) => fixtureSpread(value)), baseline: name === "SAE-CNN" }));
  const setting = (name: string, rise: number, coarse: number) => {
    const passed = coarse <= 1;
    const checks = [
      check("error on 112 × 112 over that on 28 × 28, SAE-FNO", rise, "at most 1.02"),
      check("error on 28 × 28, SAE-FNO over SAE-CNN", coarse, "at most 1", passed),
    ];
    return { name, passed, checks };
  };
  return fixtureFigure({
    id: "11",
    title: "Error across resolutions on MNIST",
    claim: "The error of SAE-FNO stays flat as the grid is refined; that of SAE-CNN rises.",
    setup: ["MNIST at 28 × 28, 9,000 samples for training, 64 concepts, 8 active."],
    rule: "The error on 112 × 112 over that on 28 × 28 is at most 1.02 for SAE-FNO and at least 1.5 for SAE-CNN, and SAE-FNO is better on the training grid.",
    verdict: "holds under these settings",
    reason: "From the global start SAE-FNO is flat, but worse than SAE-CNN where both were trained.",
    settings: [setting("global start, as in the paper", 0.9206, 1.954), setting("localized start", 0.9032, 0.7126)],
    controlled: {
      rule: "At an equal budget the error of SAE-FNO on 112 × 112 is at most that of SAE-CNN's reconstructions at 28 × 28, interpolated.",
      verdict: "does not hold",
      settings: [
        {
          name: "5 % of the numbers of a sample",
          passed: false,
          checks: [check("error on 112 × 112, SAE-FNO over SAE-CNN interpolated", 1.07, "at most 1", false)],
        },
      ],
    },
    tables: [{ title: "Relative error", columns: grids.map((n) => `${n} × ${n}`), rows }],
    plots: [
      {
        kind: "curves",
        title: "Relative error against grid size",
        x: { label: "points along an axis", log: true },
        y: { label: "relative error" },
        curves: rows.map(({ name, cells, baseline }) => ({ name, dashed: baseline, points: cells.map((y, i) => ({ x: grids[i], y })) })),
        references: [{ name: "best linear basis", y: 0.095 }],
      },
    ],
    notes: ["A fixed count of points instead of a share raises the error of SAE-FNO as well."],
    failed: [{ run: "SAE-FNO, localized start, seed 2", error: "The loss was not a number at step 112; lower the learning rate." }],
  });
}

function hoyer(): ReproducedFigure {
  const boxes = (middles: number[], reach: number) =>
    middles.map((middle, i) => ({ x: String(2 ** (i + 1)), values: fixtureNoise(200, 7 * i).map((value) => middle + reach * value) }));
  const range = check("range of medians, SAE-FNO over SAE-MLP", fixtureSpread(0.0548, 0, 1), "at most 0.5");
  return fixtureFigure({
    id: "4a",
    title: "Hoyer score against the number of active concepts",
    claim: "The Hoyer score of SAE-FNO's atoms hardly depends on how many concepts may be active; that of SAE-MLP's does.",
    setup: ["Whitened patches of 16 × 16 points."],
    rule: "The range of medians over all k_c, SAE-FNO over SAE-MLP, is at most 0.5.",
    settings: [{ name: "as in the paper", passed: true, checks: [range] }],
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
  });
}

function correlation(): ReproducedFigure {
  const group = (name: string, reach: number, seed: number) => ({ name, values: fixtureNoise(2016, seed).map((value) => reach * value) });
  const setting = (name: string, mean: number) => {
    const value = { ...fixtureSpread(mean), mean };
    return { name, passed: false, checks: [check("standard deviation of cosines, SAE-FNO over SAE-CNN", value, "at least 1.1", false)] };
  };
  return fixtureFigure({
    id: "4d",
    title: "Correlation between concepts",
    claim: "Pairwise correlations of SAE-FNO's concepts are distributed more broadly than those of SAE-CNN's.",
    setup: ["As figure 4a, with 64 concepts each."],
    rule: "The standard deviation of all cosines, SAE-FNO over SAE-CNN, is at least 1.1.",
    verdict: "does not hold",
    settings: [setting("global start, as in the paper", 0.3412), setting("localized start", Number.NaN)],
    tables: [
      {
        title: "Spread of cosines",
        unit: "standard deviation",
        columns: ["global", "localized"],
        rows: [{ name: "SAE-FNO", cells: spreads([0.05, undefined]) }, { name: "SAE-CNN", cells: spreads([0.147]), baseline: true }],
      },
    ],
    plots: [
      {
        kind: "histograms",
        title: "Cosines between all pairs of atoms",
        label: "cosine between two atoms",
        groups: [group("SAE-FNO", 0.05, 1), group("SAE-CNN", 0.147, 2)],
        references: [{ name: "uncorrelated", x: 0 }, { name: "three standard deviations of noise", x: 0.19 }],
      },
    ],
  });
}

function concepts(): ReproducedFigure {
  const [K, N] = [24, 28];
  const centered = (n: number) => (n < N / 2 ? n : n - N) / N;
  const values = Float32Array.from({ length: K * N * N }, (_, i) => {
    const [k, y, x] = [Math.floor(i / (N * N)), centered(Math.floor(i / N) % N), centered(i % N)];
    const wave = Math.cos(2 * Math.PI * (1 + (k % 5)) * (x * Math.cos(k) + y * Math.sin(k)));
    return Math.exp(-(10 + 3 * k) * (x * x + y * y)) * wave;
  });
  const atoms = { values, shape: [K, N, N, 1] };
  const utilization = Array.from({ length: K }, (_, k) => Math.max(0, 0.9 - 0.045 * ((7 * k) % K)));
  return fixtureFigure({
    id: "5",
    title: "Concepts of large images",
    claim: "Concepts are localized frequency patterns.",
    setup: ["Photographs of 28 × 28 points."],
    rule: "Pictures only.",
    plots: [{ kind: "atoms", title: "Atoms of SAE-FNO", caption: "One seed.", atoms, utilization, count: 20, columns: 10 }],
  });
}

function utilization(): ReproducedFigure {
  const used = (count: number, rate: number) => Array.from({ length: count }, (_, i) => Math.exp(-rate * (i / count)) * (i < 0.9 * count ? 1 : 0));
  const curves = [{ name: "SAE-FNO", values: used(64, 6) }, { name: "SAE-MLP", values: used(256, 1.2) }];
  return fixtureFigure({
    id: "6",
    title: "Use of concepts over the population",
    claim: "The sorted use of SAE-FNO's concepts falls faster than that of SAE-MLP's.",
    setup: ["As figure 4a."],
    rule: "The share of concepts that carry 90% of uses, SAE-FNO over SAE-MLP, is at most 0.5.",
    plots: [
      { kind: "sorted", title: "Sorted use", x: "share of concepts", y: { label: "share of samples" }, normalized: true, curves },
      { kind: "sorted", title: "The same by rank", x: "rank", y: { label: "share of samples", log: true }, curves },
    ],
  });
}

function rotation(): ReproducedFigure {
  return fixtureFigure({
    id: "7",
    title: "Rotated samples",
    claim: "The error of SAE-FNO rises less when samples are rotated.",
    setup: [],
    rule: "",
    verdict: "not run",
    reason: "The photographs are not there: put them in data/images, or name their folder with --images.",
  });
}
