import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-reproduce-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const saeno = (...args: string[]) => runSaeno(folder, args);
const reproduce = (recipes: string, ...flags: string[]) =>
  saeno("reproduce", "all", "--recipes", recipes, "--no-download", "--json", ...flags);

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
  settings: [{ name: "as it is" }],
  checks: [
    {
      id: "itself",
      says: "A number over itself",
      value: { ratio: ["fno:relativeError@18", "fno:relativeError@18"] },
      atMost: 1,
    },
  ],
  observations: [{ id: "seeds", says: "Between seeds", value: { stability: "fno" }, atMost: 1 }],
  tables: [
    {
      title: "Errors",
      columns: [["own", "relativeError"]],
      runs: ["fno", "cnn"],
      baselines: [{ name: "floor", cells: ["fno:lowPassError"] }],
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

async function writeRecipe(name: string, changes: object = {}): Promise<string> {
  await mkdir(join(folder, name, "one"), { recursive: true });
  await writeFile(join(folder, name, "one", "recipe.json"), JSON.stringify({ ...recipe, ...changes }));
  return name;
}

test("a figure is trained, measured, drawn and judged by its rule; the same command takes what is there", async () => {
  const recipes = await writeRecipe("good");
  const first = await reproduce(recipes, "--seeds", "2", "--out", "out");
  expect(first.stderr).not.toMatch(/failed/);
  expect(first.status).toBe(0);
  const [figure] = JSON.parse(first.stdout);
  expect(figure).toMatchObject({
    figure: "1",
    failed: [],
    verdicts: { paper: { verdict: "holds" } },
    numbers: { "paper: as it is: itself": 1 },
  });
  expect(figure.numbers["Errors: SAE-FNO, own"]).toBeGreaterThan(figure.numbers["Errors: floor, own"]);
  expect(await readdir(join(folder, "out", "runs"))).toHaveLength(4);
  const page = await readFile(join(folder, "out", "reproduction.html"), "utf8");
  for (const { title } of recipe.plots) expect(page).toContain(title);
  expect(page).not.toMatch(/NaN|undefined/);
  expect(await readFile(join(folder, "out", "reproduction.md"), "utf8")).toContain("A small figure");
  expect(JSON.parse(await readFile(join(folder, "out", "reproduction.json"), "utf8"))).toEqual([figure]);

  const again = await reproduce(recipes, "--seeds", "2", "--out", "out");
  expect(again.stderr).toContain("4 of 4 runs are there already");
  expect(again.stdout).toBe(first.stdout);
});

test("a run that fails is named, and the command ends with 1", async () => {
  const scales = { quick: { batch: 1000 } };
  const runs = { ...recipe.runs, cnn: { ...recipe.runs.cnn, scales } };
  const outcome = await reproduce(await writeRecipe("failing", { runs }), "--out", "out");
  expect(outcome.status).toBe(1);
  const [figure] = JSON.parse(outcome.stdout);
  expect(figure.failed).toEqual([expect.stringMatching("cnn, seed 0: .*fewer than a batch of 1000")]);
  expect(outcome.stderr).toMatch(/saeno: Not everything ran: figures 1/);
});

test("a figure whose data is not there is not run, and says what to put where", async () => {
  const recipes = await writeRecipe("digits", { base: { ...recipe.base, data: "mnist" } });
  const outcome = await reproduce(recipes, "--out", "digits-out");
  expect(outcome.status).toBe(1);
  const [figure] = JSON.parse(outcome.stdout);
  expect(figure.verdicts.paper.verdict).toBe("not run");
  expect(figure.verdicts.paper.reason).toMatch(
    /put t10k-images-idx3-ubyte.gz of MNIST in mnist\/ below a folder, and name it with --data/,
  );
});

test("what is wrong with a command or a recipe is said in one place, before anything is trained", async () => {
  await writeRecipe("unknown-setting", { base: { ...recipe.base, rate: 1 } });
  await writeRecipe("no-bound", { checks: [{ id: "x", says: "x", value: 1 }] });
  const cases: [string[], number, RegExp][] = [
    [["reproduce"], 2, /Name a figure: 2a, 2b, 3, 4a, .*, or all/],
    [["reproduce", "12"], 2, /There is no figure "12": 2a/],
    [["reproduce", "all", "--recipes", "nowhere"], 2, /nowhere holds no recipes/],
    [["reproduce", "all", "--recipes", "unknown-setting"], 1, /figure 1, run "fno": Unknown setting "rate"/],
    [["reproduce", "all", "--recipes", "no-bound"], 1, /give atMost or atLeast/],
    [
      ["reproduce", "3", "--out", "good/one/recipe.json"],
      2,
      /The folder good\/one\/recipe.json.* cannot be made.*Name another with --out/,
    ],
    [["reproduce", "all", "--scale", "huge"], 2, /Allowed choices are quick, full/],
  ];
  for (const [args, status, message] of cases) {
    const outcome = await saeno(...args, ...(args.includes("--out") ? [] : ["--out", "nothing"]));
    expect([outcome.status, outcome.stderr]).toEqual([status, expect.stringMatching(message)]);
  }
  expect(await readdir(folder)).not.toContain("nothing");
});

test("the recipes that come with the program can be read, each figure once", async () => {
  const { stdout } = await saeno("reproduce", "--list", "--json");
  const figures = JSON.parse(stdout).map(({ figure }: { figure: string }) => figure);
  expect(figures).toEqual(["2a", "2b", "3", "4a", "4d", "5", "6", "7", "8", "10", "11", "held-out", "recovery"]);
});
