import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createRandom } from "@saeno/backend";
import { encodeNpy } from "@saeno/datasets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mainFile, runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  data = `npy:${join(folder, "data.npy")}`;
  const random = createRandom(1);
  // Smooth enough to be learned: two waves of random amplitude.
  const values = Float32Array.from({ length: 40 * 64 }, () => 0);
  for (let sample = 0; sample < 40; sample++) {
    const [a, b] = [random.normal(), random.normal()];
    for (let i = 0; i < 64; i++) {
      const [row, column] = [Math.floor(i / 8), i % 8];
      values[sample * 64 + i] = a * Math.cos((2 * Math.PI * row) / 8) + b * Math.sin((2 * Math.PI * column) / 8);
    }
  }
  await writeFile(join(folder, "data.npy"), encodeNpy({ shape: [40, 8, 8], values }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const saeno = (...args: string[]) => runSaeno(folder, args);
const small = ["--concepts", "6", "--active", "2", "--batch", "8", "--steps", "6"];
/** Codes of which every sample has as many. */
const topK = ["--concept-rule", "topk", "--density", "0.2"];

describe("train", () => {
  test("waits for a configuration on standard input that comes late", async () => {
    const settings = { data: "shapes:12", concepts: 8, active: 2, limit: 20, test: 4, batch: 4, steps: 2 };
    const child = execFile(process.execPath, [mainFile, "train", "--config", "-", "--out", join(folder, "late")]);
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await setTimeout(1500);
    child.stdin?.end(JSON.stringify(settings));
    expect(await ended).toBe(0);
  });

  test("a run folder holds everything, --json prints one document, and --config repeats the run to the digit", async () => {
    const run = join(folder, "fno");
    const first = await saeno(
      "train",
      "--data",
      data,
      "--modes",
      "3",
      ...small,
      ...topK,
      "--no-unit-atoms",
      "--out",
      run,
      "--json",
    );
    expect(first.stderr).toContain("backend wasm");
    expect(first.status).toBe(0);
    const summary = JSON.parse(first.stdout);
    expect(summary).toMatchObject({ run, steps: 6, samples: 4, grid: [8, 8], l0: 2, split: "test" });
    expect(summary.relativeError).toBeGreaterThan(0);
    expect((await readdir(run)).sort()).toEqual([
      "checkpoints",
      "concepts",
      "concepts.idx",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "report.html",
      "summary.json",
    ]);
    const lines = async (path: string) =>
      (await readFile(join(path, "metrics.jsonl"), "utf8"))
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).loss);
    const again = join(folder, "fno-again");
    expect((await saeno("train", "--config", join(run, "config.json"), "--out", again)).status).toBe(0);
    expect(await lines(again)).toEqual(await lines(run));
    expect(await lines(run)).toHaveLength(6);
    expect(JSON.parse(await readFile(join(again, "config.json"), "utf8")).training.unitAtoms).toBe(false);
  });

  test("a mistake ends with one line, the exit code for its kind, and nothing written", async () => {
    await writeFile(join(folder, "text.npy"), "no array");
    const cases: [string[], number, RegExp][] = [
      [["train", "--data", data, "--modes", "9", ...small], 2, /Axis 1 has 8 points, too few for 9 modes: at least 17/],
      [["train", "--data", data, "--active", "65"], 2, /--active 65 is more than --concepts 64/],
      [["train", "--data", data, "--modle", "fno"], 2, /unknown option '--modle' \(Did you mean --model\?\)/],
      [["train", "--data", data, "--model", "rnn"], 2, /There is no dictionary "rnn"\..* Known: cnn, fno, mlp, tokens/],
      [["train", "--data", "npy:none.npy"], 1, /none.npy cannot be read: there is no such file/],
      [["train", "--data", "npy:text.npy"], 1, /text.npy is a CSV or text file, not a valid .npy file/],
      [["train", "--data", "mnist:."], 1, /holds none of train-images-idx3-ubyte/],
      [["train", "--data", "weather"], 2, /There is no dataset "weather"\. Known: flow, .*npy,/],
      [
        ["train", "--data", data, "--modes", "3", ...small, "--rotations", "flat"],
        2,
        /--rotations must be degrees such as 15,45,90; got "flat"/,
      ],
      [
        ["train", "--data", "sparse-vectors:12", "--model", "mlp", ...small, "--rotations", "45"],
        2,
        /two axes can be rotated/,
      ],
      [
        ["train", "--data", data, "--modes", "3", ...small, "--test-data", "sparse-vectors:8"],
        1,
        /Test data sparse-vectors:8 has 8 channels on 0 axes; the training data has 1 on 2/,
      ],
      [["--threads", "0", "doctor"], 2, /--threads must be a positive integer, here at most \d+; got "0"/],
      [["train"], 2, /Name the data to train on with --data/],
      [["eval", "nowhere"], 2, /There is no run folder nowhere/],
      [["frobnicate"], 2, /unknown command 'frobnicate'/],
    ];
    const before = await readdir(folder);
    for (const [args, status, message] of cases) {
      const outcome = await saeno(...args, ...(args[0] === "train" ? ["--out", "bad"] : []));
      expect(outcome.stderr).toMatch(message);
      expect(outcome.stderr.split("\n").filter((line) => line.startsWith("saeno:"))).toHaveLength(1);
      expect(outcome.stderr).not.toMatch(/\n\s+at /);
      expect(outcome.status).toBe(status);
    }
    expect(await readdir(folder)).toEqual(before);
  });

  test("a run folder that exists is left as it is", async () => {
    const run = join(folder, "taken");
    await writeFile(run, "mine");
    const outcome = await saeno("train", "--data", data, ...small, "--modes", "3", "--out", run);
    expect([outcome.status, outcome.stderr]).toEqual([
      2,
      expect.stringMatching(/exists already, and is a file; nothing was changed/),
    ]);
    expect(await readFile(run, "utf8")).toBe("mine");
  });
});

describe("eval and report", () => {
  test("a trained model is evaluated on finer grids and other data, and its report written again", async () => {
    const run = join(folder, "evaluated");
    expect((await saeno("train", "--data", data, "--modes", "3", ...small, "--out", run)).status).toBe(0);
    const evaluated = JSON.parse((await saeno("eval", run, "--grids", "8,16,12x10", "--json")).stdout);
    expect(evaluated.resolution.map(({ grid }: { grid: number[] }) => grid)).toEqual([
      [8, 8],
      [16, 16],
      [12, 10],
    ]);
    expect(evaluated.resolution[0].relativeError).toBe(evaluated.relativeError);
    expect(evaluated).toMatchObject({ split: "test", samples: 4 });
    for (const key of ["mse", "r2", "l0", "density", "dead"]) expect(evaluated[key]).toBeTypeOf("number");
    const other = JSON.parse((await saeno("eval", run, "--data", data, "--split", "all", "--json")).stdout);
    expect(other.samples).toBe(40);
    // Coarser than its modes need: without what the grid does not hold.
    const coarse = JSON.parse((await saeno("eval", run, "--grids", "4", "--json")).stdout);
    expect(coarse.resolution).toMatchObject([{ grid: [4, 4], truncated: { modes: [2, 2] } }]);
  });

  test("of other data the samples that are asked for are evaluated, and named", async () => {
    const run = join(folder, "elsewhere");
    expect((await saeno("train", "--data", data, "--modes", "3", ...small, "--out", run)).status).toBe(0);
    await cp(join(folder, "data.npy"), join(folder, "other.npy"));
    const other = (...flags: string[]) => saeno("eval", run, "--data", "npy:other.npy", ...flags);
    const measured = async (...flags: string[]) => JSON.parse((await other(...flags, "--json")).stdout).measuredOn;
    expect(await measured()).toBe("all 40 samples of npy:other.npy");
    expect(await measured("--limit", "5")).toBe("the first 5 samples of npy:other.npy");
    expect(await measured("--test", "7")).toBe("the last 7 samples of npy:other.npy");
    expect((await other("--test", "7")).stdout).toMatch(/^the last 7 samples of npy:other.npy, 8 x 8\n/);
    expect((await other("--limit", "5", "--test", "7")).stderr).toMatch(/Choose with --split train or --split test/);
    expect((await other("--limit", "5", "--split", "all")).stderr).toMatch(/--split all takes all samples/);
    await rm(join(run, "report.html"));
    expect((await saeno("report", run)).status).toBe(0);
    expect(await readFile(join(run, "report.html"), "utf8")).toContain("SAE-FNO");
  });

  test("held-out samples from elsewhere are the truth on their grids, and all of the data is trained on", async () => {
    const tests = await Promise.all(
      [8, 16].map(async (side) => {
        const file = join(folder, `test-${side}.npy`);
        const values = createRandom(side).normals(6 * side * side);
        await writeFile(file, encodeNpy({ shape: [6, side, side], values }));
        return `npy:${file}`;
      }),
    );
    const run = join(folder, "tested");
    const flags = tests.flatMap((name) => ["--test-data", name]);
    const trained = await saeno(
      "train",
      "--data",
      data,
      ...flags,
      "--modes",
      "3",
      ...small,
      "--grids",
      "16,12",
      "--rotations",
      "90",
      "--atoms",
      "--out",
      run,
      "--json",
    );
    expect(trained.stderr).toContain("on 40 samples");
    const summary = JSON.parse(trained.stdout);
    expect(summary).toMatchObject({ samples: 6, grid: [8, 8], rotation: [{ degrees: 90 }] });
    expect(summary.lowPassError).toBeLessThan(summary.relativeError);
    expect(summary.atoms.hoyerScores).toHaveLength(6);
    const alone = async (name: string | undefined) =>
      JSON.parse((await saeno("eval", run, "--data", name ?? "", "--json")).stdout).relativeError;
    expect(summary.relativeError).toBeCloseTo(await alone(tests[0]), 6);
    expect(summary.resolution[0].relativeError).toBeCloseTo(await alone(tests[1]), 6);
  });

  test("a damaged model file is named, and nothing is touched", async () => {
    const run = join(folder, "damaged");
    await saeno("train", "--data", data, "--modes", "3", ...small, "--out", run);
    const file = join(run, "model.safetensors");
    await writeFile(file, (await readFile(file)).subarray(0, 300));
    const outcome = await saeno("eval", run);
    expect([outcome.status, outcome.stderr]).toEqual([
      1,
      expect.stringMatching(/model.safetensors is not a valid safetensors file/),
    ]);
    expect(await readdir(run)).not.toContain("evaluation.json");
  });
});

test("the concepts of other runs are compared, in the table, in JSON and in the report; those of other samples are refused", async () => {
  const trained = async (out: string, ...flags: string[]) =>
    expect((await saeno("train", "--data", data, ...small, "--out", out, ...flags)).status).toBe(0);
  await trained("seed-0", "--modes", "3", ...topK);
  await trained("seed-1", "--modes", "2", ...topK, "--concepts", "5", "--seed", "1");
  await trained("vectors", "--model", "mlp");
  const against = ["eval", "seed-0", "--against", "seed-1", "--against", "seed-0"];
  const { stability } = JSON.parse((await saeno(...against, "--json")).stdout);
  expect(stability).toMatchObject([{ against: "seed-1" }, { against: "seed-0", weighted: expect.closeTo(1, 4) }]);
  expect(stability[0].weighted).toBeLessThan(1);
  expect((await saeno(...against)).stdout).toMatch(/stability against +by energy.*\n.*\nseed-1 .*\nseed-0 +1\.0000/);
  const report = () => readFile(join(folder, "seed-0", "report.html"), "utf8");
  expect(await report()).toContain("The same concepts in other runs");
  expect((await saeno("report", "seed-0")).status).toBe(0);
  expect(await report()).toContain("The same concepts in other runs");
  const refused = await saeno("eval", "seed-0", "--against", "vectors");
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringMatching(/concepts of vectors cannot be compared/) });
  expect((await saeno("eval", "seed-0", "--against", "nowhere")).stderr).toMatch(/no run folder nowhere/);
});

test("a run folder of an older version is evaluated, reported and repeated, with the numbers of then", async () => {
  // Flat, British, with a balanced activation and a lifting around the dictionary.
  const old = join(folder, "old");
  await cp(fileURLToPath(new URL("./__fixtures__/old-run", import.meta.url)), old, { recursive: true });
  const then = JSON.parse(await readFile(join(old, "summary.json"), "utf8"));
  const evaluated = JSON.parse((await saeno("eval", old, "--grids", "16", "--json")).stdout);
  expect(evaluated.relativeError).toBeCloseTo(then.relativeError, 6);
  expect(evaluated).toMatchObject({ data: then.data, samples: 4, dead: then.dead, resolution: [{ grid: [16, 16] }] });
  expect(await saeno("report", old)).toMatchObject({ status: 0 });
  expect(await readFile(join(old, "report.html"), "utf8")).toContain("L-SAE-CNN on sparse-functions");
  const again = await saeno("train", "--config", join(old, "config.json"), "--out", "anew", "--json");
  expect(JSON.parse(again.stdout).relativeError).toBeCloseTo(then.relativeError, 6);
  const weights = (run: string) => readFile(join(folder, run, "model.safetensors"));
  expect((await weights("anew")).equals(await weights("old"))).toBe(true);
});

test("an MLP trains on the same data as vectors, a CNN with its kernels", async () => {
  for (const flags of [
    ["--model", "mlp"],
    ["--model", "cnn", "--kernel", "3"],
  ]) {
    const outcome = await saeno("train", "--data", data, ...flags, ...small, "--out", join(folder, flags[1]), "--json");
    expect(JSON.parse(outcome.stdout).l0).toBeGreaterThan(0);
  }
});

test("generated data becomes a .npy file that can be trained on", async () => {
  const file = join(folder, "sparse.npy");
  const outcome = await saeno("data", "sparse-functions", "--grid", "8", "--samples", "20", "--out", file, "--json");
  expect(JSON.parse(outcome.stdout)).toEqual({ file, shape: [20, 8, 8, 8], dtype: "float32" });
  expect((await saeno("data", "sparse-functions", "--out", file)).stderr).toMatch(
    /exists already; nothing was changed/,
  );
});

test("doctor times every backend, a broken one too, and says which is taken", async () => {
  await writeFile(
    join(folder, "backends.mjs"),
    `import { defineBackend, register } from ${JSON.stringify(import.meta.resolve("@saeno/backend"))};
register(defineBackend({ kind: "absent", summary: "absent", available: async () => ({ available: false, reason: "install something" }), init: async () => {} }));
register(defineBackend({ kind: "broken", summary: "broken", available: async () => ({ available: true, detail: "" }), init: async () => { throw new Error("no driver"); } }));`,
  );
  const { status, stdout } = await saeno("--plugin", join(folder, "backends.mjs"), "doctor", "--json");
  expect(status).toBe(0);
  const { machine, webAssembly, backends, auto } = JSON.parse(stdout);
  expect(machine.node).toBe(process.versions.node);
  expect(webAssembly.simd).toBe(true);
  const [webgpu, nodeGpu, node, wasm, cpu, absent, broken] = backends;
  expect(webgpu).toMatchObject({ name: "webgpu", available: expect.any(Boolean) });
  expect(nodeGpu).toMatchObject({ name: "node-gpu", available: expect.any(Boolean) });
  expect(node).toMatchObject({ name: "node", available: expect.any(Boolean) });
  expect(wasm).toMatchObject({ name: "wasm", available: true });
  expect(wasm.stepMs).toEqual({ "SAE-FNO": expect.any(Number), "SAE-MLP": expect.any(Number) });
  expect(cpu).toMatchObject({ name: "cpu", available: true, detail: "plain JavaScript" });
  expect(absent).toEqual({ name: "absent", available: false, reason: "install something" });
  expect(broken).toEqual({ name: "broken", available: false, reason: "no driver" });
  expect(auto.name).toBe("wasm");
  // In plain JavaScript a step takes seconds where others are at work.
}, 400_000);
