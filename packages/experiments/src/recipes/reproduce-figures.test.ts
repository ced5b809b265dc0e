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
  rule: "Holds if it does.",
  base: {
    data: "sparse-functions:9,channels=1,concepts=3,kernel=3",
    concepts: 6,
    active: 1,
    density: 0.1,
    limit: 64,
    test: 16,
  },
  scales: { quick: { steps: 6, batch: 8 }, full: { steps: 12, batch: 8 } },
  measures: { grids: [9, 18], rotations: [90], atoms: true },
  runs: {
    fno: { name: "SAE-FNO", settings: { model: "fno" } },
    cnn: { name: "SAE-CNN", settings: { model: "cnn", kernel: [3] }, scales: { full: { steps: 6 } } },
  },
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
    const [{ numbers, ranges, verdict, failed }] = records;
    expect([runs, store.folders.size, failed]).toEqual([4, 4, []]);
    // The paper's setting, the first, passes where SAE-CNN is no worse than SAE-FNO; the other always does.
    const order = numbers["the other way round: order"];
    expect(verdict).toBe(order <= 1 ? "holds" : "holds under these settings");
    expect(numbers).toMatchObject({
      "as it is: itself": 1,
      "as it is: order": 1,
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
    const [check] = recipe.checks;
    const never = { checks: [{ ...check, atMost: 0.5 }] };
    expect((await reproduce(never)).records[0].verdict).toBe("does not hold");
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
      verdict: "holds under these settings",
      reason: "Not known, because runs failed, with: the other way round.",
      failed: [0, 1].map((seed) => expect.stringMatching(`cnn, seed ${seed}: .*fewer than a batch of 1000`)),
    });
  });

  it("may be judged by what pairs of seeds have in common", async () => {
    const checks = [{ id: "x", says: "x", value: { stability: "fno" }, atMost: 1 }];
    expect((await reproduce({ checks })).records[0].verdict).toBe("holds");
    expect((await reproduce({ checks }, { seeds: 1 })).records[0].verdict).toBe("not run");
  });

  it("is not run where its data is missing, or a number does not exist", async () => {
    const [none] = (await reproduce({}, { missing: "It needs data." })).records;
    expect(none).toMatchObject({ verdict: "not run", reason: "It needs data." });
    const at = { at: { run: "fno", curve: "recoveryError", step: 3 } };
    const observations = [{ id: "x", says: "x", value: at, atMost: 1 }];
    expect((await reproduce({ observations })).records[0].reason).toMatch(/recoveryError of .* not measured at step 3/);
  });
});

describe("a recipe is refused", () => {
  const check = { id: "x", says: "x", value: 1, atMost: 1 };
  it.each([
    [{ tables: [{ ...recipe.tables[0], runs: ["rnn"] }] }, /there is no run "rnn". Its runs are fno, cnn/],
    [{ settings: [{ name: "one", runs: { a: "cnn" } }, { name: "two" }] }, /there is no run "a"/],
    [{ checks: [{ ...check, atMost: undefined }] }, /checks.0: give atMost or atLeast/],
    [{ checks: [{ ...check, atLeast: 1 }] }, /checks.0: give atMost or atLeast/],
    [
      { checks: [{ ...check, value: { sum: [1, 2] } }] },
      /checks.0.value: write RUN:NUMBER.* or one of ratio, .*stability/,
    ],
    [
      { checks: [{ ...check, value: { range: [1, { stability: "fno" }] } }] },
      /checks.0.value.range.1: write RUN:NUMBER/,
    ],
    [{ checks: [{ ...check, value: { ratio: ["fno", 1] } }] }, /checks.0.value.ratio.0: write RUN:NUMBER/],
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
