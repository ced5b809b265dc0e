import { cpuBackend, SaenoError, useBackend } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { inProcessExecutor } from "../executor/in-process-executor.ts";
import { memoryStore } from "../runs/run-store.ts";
import { parseRecipe, type Scale } from "./recipe.ts";
import { type Reproduction, reproduceFigures } from "./reproduce-figures.ts";

beforeAll(() => useBackend(cpuBackend));

/** A small figure: two models of known functions, on two grids. */
const recipe = {
  figure: "1",
  title: "A small figure",
  claim: "SAE-FNO does better.",
  setup: ["Known functions."],
  base: {
    data: "sparse-functions:9,channels=1,concepts=3,kernel=3",
    concepts: 6,
    limit: 64,
    test: 16,
  },
  presets: { paper: { active: 1, density: 0.1 } },
  scales: { quick: { steps: 6, batch: 8 }, full: { steps: 12, batch: 8 } },
  measures: { grids: [9, 18], rotations: [90], atoms: true },
  runs: {
    fno: { name: "SAE-FNO", preset: "paper", settings: { model: "fno" } },
    cnn: { name: "SAE-CNN", preset: "paper", settings: { model: "cnn", kernel: [3] }, scales: { full: { steps: 6 } } },
  },
  verdicts: {
    paper: {
      rule: "Holds if it does.",
      settings: [
        { name: "the other way round", runs: { a: "cnn", b: "fno" } },
        { name: "as it is", runs: { a: "fno", b: "cnn" } },
      ],
      checks: [
        {
          id: "itself",
          says: "A number over itself",
          value: { ratio: ["a:relativeError@18", "a:relativeError@18"] },
          atMost: 1,
        },
        {
          id: "order",
          says: "Which model a is",
          value: { ratio: ["a:relativeError", "fno:relativeError"] },
          atMost: 1,
          over: "mean",
        },
      ],
    },
    controlled: {
      rule: "Holds if all can be told from nothing.",
      settings: [
        { name: "SAE-FNO", runs: { a: "fno" } },
        { name: "SAE-CNN", runs: { a: "cnn" } },
      ],
      checks: [{ id: "code", says: "Numbers of a code", value: "a:codeEntries", atLeast: 1 }],
    },
  },
  observations: [
    { id: "range", says: "Range", value: { range: ["fno:relativeError", "fno:relativeError@9"] }, atMost: 0 },
    { id: "first", says: "First step", value: { at: { run: "fno", curve: "loss", step: 1 } }, atLeast: 0 },
    {
      id: "never",
      says: "Steps to a loss of 0",
      value: { stepsTo: { run: "fno", curve: "loss", level: 0 } },
      atLeast: 7,
    },
    { id: "seeds", says: "Between seeds", value: { stability: "fno" }, atMost: 1 },
    { id: "same", says: "With itself", value: { matched: ["fno", "fno"] }, atLeast: 0.999 },
  ],
  tables: [
    {
      title: "Errors",
      columns: [
        ["own", "relativeError"],
        ["18", "relativeError@18"],
      ],
      runs: ["fno", "cnn"],
      baselines: [{ name: "floor", cells: ["fno:lowPassError", null] }],
    },
  ],
  plots: [
    { kind: "resolution", title: "Grids", runs: ["fno", "cnn"] },
    { kind: "rotation", title: "Angles", runs: ["fno"] },
    { kind: "history", title: "Losses", curve: "loss", runs: ["fno"] },
    { kind: "histogram", title: "Cosines", of: "cosineSample", label: "cosine", runs: ["fno"] },
    {
      kind: "distributions",
      title: "Hoyer",
      of: "hoyerScores",
      label: "score",
      x: "model",
      groups: { all: { fno: "fno", cnn: "cnn" } },
    },
    { kind: "utilization", title: "Use", runs: ["fno", "cnn"] },
    { kind: "atoms", title: "Atoms", runs: ["fno"], count: 4 },
  ],
};

/** The figure judged by other checks in its first setting, as the paper measures it alone. */
function paperOnly(checks: readonly object[]) {
  return { verdicts: { paper: { ...recipe.verdicts.paper, checks } } };
}

/** The figure judged by one rule in both senses. */
function verdictsBy(rule: object) {
  return { verdicts: { paper: rule, controlled: rule } };
}

const store = memoryStore();
const said: string[] = [];

function reproduce(
  changes: object = {},
  { seeds = 2, scale = "quick" as Scale, missing = undefined as string | undefined } = {},
): Promise<Reproduction> {
  said.length = 0;
  return reproduceFigures([parseRecipe({ ...recipe, ...changes }, "recipe.json")], {
    scale,
    seeds,
    data: { place: (name) => name, missing: () => missing },
    folder: "runs",
    store,
    executor: inProcessExecutor({ store }),
    reporter: { say: (line) => said.push(line), progress: () => ({ update() {}, stop() {} }) },
  });
}

describe("a figure", () => {
  it("is trained, measured, drawn and judged by its rule, and leaves nothing on the device", async () => {
    const before = memory().numTensors;
    const { figures, records, runs } = await reproduce();
    const [{ numbers, ranges, verdicts, failed }] = records;
    expect([runs, store.folders.size, failed]).toEqual([4, 4, []]);
    // The paper's setting, the first, passes where SAE-CNN is no worse than SAE-FNO; the other always does.
    const order = numbers["paper: the other way round: order"];
    expect(verdicts.paper?.verdict).toBe(order <= 1 ? "holds" : "holds under these settings");
    expect(verdicts.controlled).toEqual({ verdict: "holds" });
    expect(figures[0].verdicts.map(({ sense, rule }) => `${sense}: ${rule}`)).toEqual([
      "paper: Holds if it does.",
      "controlled: Holds if all can be told from nothing.",
    ]);
    expect(numbers).toMatchObject({
      "paper: as it is: itself": 1,
      "paper: as it is: order": 1,
      range: 0,
      never: Number.POSITIVE_INFINITY,
      same: expect.closeTo(1, 4),
    });
    expect(numbers.seeds).toBeGreaterThan(0);
    expect(numbers["Errors: SAE-FNO, own"]).toBeGreaterThan(numbers["Errors: floor, own"]);
    const [low, high] = ranges["Errors: SAE-FNO, own"];
    expect(low).toBeLessThan(high);
    expect(figures[0].plots.map(({ kind }) => kind)).toEqual([
      "curves",
      "curves",
      "curves",
      "histograms",
      "distributions",
      "sorted",
      "atoms",
    ]);
    expect(figures[0].config).toEqual(recipe);
    expect(memory().numTensors).toBe(before);
  });

  it("is judged anew without new runs by another rule; another scale is other runs", async () => {
    const never = paperOnly([{ ...recipe.verdicts.paper.checks[0], atMost: 0.5 }]);
    expect((await reproduce(never)).records[0].verdicts).toEqual({ paper: { verdict: "does not hold" } });
    expect(said).toContain("reproduce: 4 of 4 runs are there already");
    await reproduce(never, { seeds: 1, scale: "full" });
    // SAE-CNN's steps are the same at both scales.
    expect(said).toContain("reproduce: 1 of 2 runs are there already");
  });

  it("has a setting that is not proven where a run fails", async () => {
    const { cnn } = recipe.runs;
    const scales = { quick: { batch: 1000 } };
    const { records } = await reproduce({ runs: { ...recipe.runs, cnn: { ...cnn, scales } } });
    expect(records[0]).toMatchObject({
      verdicts: {
        paper: {
          verdict: "holds under these settings",
          reason: "Not known, because runs failed, with: the other way round.",
        },
        controlled: {
          verdict: "holds under these settings",
          reason: "Not known, because runs failed, with: SAE-CNN.",
        },
      },
      failed: [0, 1].map((seed) => expect.stringMatching(`cnn, seed ${seed}: .*fewer than a batch of 1000`)),
    });
  });

  it("may be judged by what pairs of seeds have in common", async () => {
    const checks = [{ id: "x", says: "x", value: { stability: "fno" }, atMost: 1 }];
    const verdictOf = async (seeds: number) =>
      (await reproduce(paperOnly(checks), { seeds })).records[0].verdicts.paper?.verdict;
    expect(await verdictOf(2)).toBe("holds");
    expect(await verdictOf(1)).toBe("not run");
  });

  it("holds in the controlled sense only if it does in every setting, as the paper measures it if in the first", async () => {
    const settings = ["fno", "cnn"].map((a) => ({ name: a, runs: { a } }));
    const checks = [{ id: "own", says: "Is SAE-FNO", value: { difference: ["a:mse", "fno:mse"] }, atMost: -0 }];
    const passing = (await reproduce(verdictsBy({ rule: "", settings, checks }))).records[0];
    const better = passing.numbers["paper: cnn: own"] <= 0;
    expect(passing.verdicts.paper).toMatchObject({ verdict: "holds" });
    expect(passing.verdicts.controlled?.verdict).toBe(better ? "holds" : "holds under these settings");
    expect(passing.verdicts.controlled?.reason).toBe(better ? undefined : "It does not with: cnn.");
  });

  it("may have one rule, at the top, as recipes used to have", async () => {
    const { verdicts, ...older } = recipe;
    const { paper, controlled } = parseRecipe({ ...older, ...verdicts.paper }, "recipe.json").verdicts;
    expect(controlled).toBeUndefined();
    expect(paper).toMatchObject({ rule: "Holds if it does.", settings: verdicts.paper.settings });
    expect(paper?.checks.map(({ id }) => id)).toEqual(["itself", "order"]);
  });

  it("is not run where its data is missing, or a number does not exist", async () => {
    const [none] = (await reproduce({}, { missing: "It needs data." })).records;
    const notRun = { verdict: "not run", reason: "It needs data." };
    expect(none.verdicts).toEqual({ paper: notRun, controlled: notRun });
    const at = { at: { run: "fno", curve: "recoveryError", step: 3 } };
    const observations = [{ id: "x", says: "x", value: at, atMost: 1 }];
    expect((await reproduce({ observations })).records[0].verdicts.paper?.reason).toMatch(
      /recoveryError of .* not measured at step 3/,
    );
  });
});

describe("a recipe is refused", () => {
  const check = { id: "x", says: "x", value: 1, atMost: 1 };
  it.each([
    [{ tables: [{ ...recipe.tables[0], runs: ["rnn"] }] }, /there is no run "rnn". Its runs are fno, cnn/],
    [
      verdictsBy({ ...recipe.verdicts.paper, settings: [{ name: "one", runs: { a: "cnn" } }, { name: "two" }] }),
      /there is no run "a"/,
    ],
    [
      { runs: { ...recipe.runs, fno: { ...recipe.runs.fno, preset: "ours" } } },
      /no preset "ours". Its presets are paper/,
    ],
    [{ verdicts: {} }, /verdicts: give paper or controlled, or both/],
    [paperOnly([{ ...check, atMost: undefined }]), /verdicts.paper.checks.0: give atMost or atLeast/],
    [{ rule: "" }, /is not a recipe: settings: .*checks: .*verdicts: /],
    [paperOnly([{ ...check, atLeast: 1 }]), /checks.0: give atMost or atLeast/],
    [
      paperOnly([{ ...check, value: { sum: [1, 2] } }]),
      /checks.0.value: write RUN:NUMBER.* or one of ratio, .*stability/,
    ],
    [
      paperOnly([{ ...check, value: { range: [1, { stability: "fno" }] } }]),
      /checks.0.value.range.1: write RUN:NUMBER/,
    ],
    [paperOnly([{ ...check, value: { ratio: ["fno", 1] } }]), /checks.0.value.ratio.0: write RUN:NUMBER/],
    [
      { plots: [{ kind: "pie", title: "x", runs: ["fno"] }] },
      /plots.0: "kind" must be one of resolution, .*distributions/,
    ],
    [{ base: { ...recipe.base, rate: 1 } }, /The recipe of figure 1, run "fno": Unknown setting "rate"/],
  ])("%o", async (changes, message) => {
    await expect((async () => reproduce(changes))()).rejects.toThrow(message);
    await expect((async () => reproduce(changes))()).rejects.toSatisfy(SaenoError.isInstance);
  });
});
