import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

const backend = dirname(dirname(fileURLToPath(import.meta.resolve("@saeno/backend"))));

/** One of each that a run can have, as somebody would write them who installs `@saeno/backend` and no more. */
const plugin = `
import { defineComponent, register } from "@saeno/backend";
import * as v from "valibot";
import * as tf from "@tensorflow/tfjs-core";

const count = (name, text) => v.optional(v.pipe(v.number(), v.integer(), v.description(text)), name);

const ramps = defineComponent("dataset", {
  kind: "ramps",
  summary: "straight lines",
  schema: v.strictObject({ points: count(8, "points of a line"), slope: v.optional(v.pipe(v.number(), v.metadata({ flag: "slope" })), 1) }),
  shorthand: { option: "points" },
  open: ({ points, slope }, { limit = 30, test = 6 }) => ({
    name: "ramps", size: limit + test, grid: [points], channels: 1,
    read: async (indices) => Float32Array.from({ length: indices.length * points }, (_, i) => slope * Math.sin(indices[Math.floor(i / points)]) * (i % points - points / 2)),
  }),
});
const halfwave = defineComponent("activation", {
  kind: "halfwave",
  summary: "what is above a level",
  schema: v.strictObject({ level: v.optional(v.pipe(v.number("must be a number"), v.description("the level")), 0.01) }),
  create: ({ level }) => ({
    kind: "halfwave",
    apply: (preCodes) => {
      if (level > 100) return preCodes.nowhere();
      const x = preCodes.dense();
      return { kind: "dense", values: tf.relu(tf.sub(x, level)) };
    },
    toConfig: () => ({ kind: "halfwave", level }),
  }),
});
const steps = defineComponent("schedule", {
  kind: "halving",
  summary: "half the rate from the middle on",
  schema: v.strictObject({}),
  create: (_, { steps }) => (step) => (step < steps / 2 ? 1 : 0.5),
});
const plain = defineComponent("optimizer", {
  kind: "plain",
  summary: "gradient descent",
  schema: v.strictObject({}),
  create: () => ({ apply: ({ variable }, gradient, rate) => tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(gradient, rate)))), dispose() {}, state: () => ({ tensors: {}, values: {} }), restore() {} }),
});
const counter = defineComponent("extension", {
  kind: "counter",
  summary: "counts steps",
  schema: v.strictObject({ from: v.optional(v.pipe(v.number(), v.metadata({ flag: "count-from" })), 0) }),
  create: ({ from }) => ({ name: "counter", record: ({ step }) => ({ counted: from + step }) }),
});
register(ramps, halfwave, steps, plain, counter);
`;

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "saeno-plugins-")));
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "@saeno"), { recursive: true });
  // A copy of its own, as npm makes one for another version.
  await cp(join(backend, "dist"), join(modules, "@saeno", "backend", "dist"), { recursive: true });
  await cp(join(backend, "package.json"), join(modules, "@saeno", "backend", "package.json"));
  for (const name of ["valibot", "leven", "pure-rand", "@tensorflow"])
    await symlink(await realpath(join(backend, "node_modules", name)), join(modules, name), "junction");
  await mkdir(join(modules, "ramps"));
  await writeFile(join(modules, "ramps", "index.js"), plugin);
  const manifest = { name: "ramps", type: "module", exports: { import: "./index.js" } };
  await writeFile(join(modules, "ramps", "package.json"), JSON.stringify(manifest));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const saeno = (...args: string[]) => runSaeno(folder, args);
const small = "--concepts 4 --batch 6 --steps 4 --modes 3".split(" ");

test("a package with its own copy of ours trains, evaluates, reports and sweeps as we do; the run names it", async () => {
  const flags = "--data ramps:12 --slope 2 --activation halfwave --level 0.02 --schedule halving --count-from 10".split(
    " ",
  );
  const trained = await saeno("--plugin", "ramps", "train", ...flags, ...small, "--out", "run");
  expect(trained).toMatchObject({ status: 0 });
  const config = JSON.parse(await readFile(join(folder, "run", "config.json"), "utf8"));
  expect(config).toMatchObject({
    data: { kind: "ramps", points: 12, slope: 2 },
    model: { activation: { kind: "halfwave", level: 0.02 } },
    training: { schedule: { kind: "halving" }, extensions: [{ kind: "counter", from: 10 }] },
    plugins: ["ramps"],
  });
  const lines = (await readFile(join(folder, "run", "metrics.jsonl"), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).counted)).toEqual([11, 12, 13, 14]);
  for (const args of [
    ["eval", "run", "--grids", "16"],
    ["report", "run"],
  ]) {
    expect(await saeno("--plugin", "ramps", ...args)).toMatchObject({ status: 0 });
    const without = await saeno(...args);
    expect(without.status).toBe(2);
    expect(without.stderr).toMatch(
      /"halfwave".*The run was made with a plugin that is not loaded: add --plugin ramps\./,
    );
  }
  const exported = await saeno("export", "run", "--format", "neuralop", "--out", "weights");
  expect(exported.stderr).toMatch(/add --plugin ramps/);
  const swept = await saeno(
    "sweep",
    "--plugin=ramps",
    ...flags.slice(0, 6),
    ...small,
    "--vary",
    "level=0.01,0.05",
    "--out",
    "swept",
    "--json",
  );
  expect(JSON.parse(swept.stdout).runs.map(({ seeds }: { seeds: number }) => seeds)).toEqual([1, 1]);
});

test("help lists its flags, and what it has not is said as for ours", async () => {
  const { stdout } = await saeno("--plugin", "ramps", "train", "--help");
  expect(stdout).toMatch(/--level <number> +halfwave: the level \(default: 0.01\)/);
  expect(stdout).toMatch(/ramps +straight lines/);
  const { stderr } = await saeno("--plugin", "ramps", "train", "--data", "ramps", "--level", "3", "--out", "x");
  expect(stderr).toMatch(/--level has no effect here: it goes with --activation halfwave/);
});

test("a fault names the plugin that it is in", async () => {
  const { status, stderr } = await saeno(
    "--plugin",
    "ramps",
    "train",
    "--data",
    "ramps",
    "--activation",
    "halfwave",
    "--level",
    "101",
    ...small,
    "--out",
    "x",
  );
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/nowhere is not a function\nThis is a bug in the plugin ramps; --verbose shows where\./),
  ]);
});

test("what cannot be loaded is said", async () => {
  await writeFile(join(folder, "broken.mjs"), "throw new Error('no luck');");
  const cases: [string, RegExp][] = [
    ["./nowhere.mjs", /The plugin \.\/nowhere\.mjs cannot be loaded: there is no file/],
    ["nobody-has-this", /neither a file nor a package .* npm install nobody-has-this/],
    ["broken.mjs", /The plugin broken\.mjs cannot be loaded: no luck/],
  ];
  for (const [name, message] of cases) {
    const { status, stderr } = await saeno("--plugin", name, "doctor");
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  }
});
