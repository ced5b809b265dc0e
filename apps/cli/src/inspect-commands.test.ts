import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@saeno/backend";
import { encodeNpy, encodeNpz, parseNpy, parseSafetensors } from "@saeno/datasets";
import { resample } from "@saeno/fft";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saenoHere } from "./__fixtures__/in-process.ts";
import type { Outcome } from "./__fixtures__/run-saeno.ts";

const [samples, side, tested] = [40, 8, 4];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  // A bump at a random place.
  const random = createRandom(1);
  const values = new Float32Array(samples * side * side);
  for (let sample = 0; sample < samples; sample++) {
    const [y, x] = [Math.floor(side * random.uniform()), Math.floor(side * random.uniform())];
    for (const [dy, dx, value] of [
      [0, 0, 2],
      [0, 1, 1],
      [1, 0, 1],
    ] as const)
      values[(sample * side + ((y + dy) % side)) * side + ((x + dx) % side)] = value;
  }
  await writeFile(join(folder, "data.npy"), encodeNpy({ shape: [samples, side, side], values }));
  const small = ["--data", "npy:data.npy", "--concepts", "6", "--active", "2", "--batch", "8", "--steps", "10"];
  const train = (out: string, ...flags: string[]) => saeno("train", ...small, "--out", out, ...flags);
  const outcomes = [
    await train("run", "--modes", "3", "--concept-rule", "topk", "--checkpoint-every", "5"),
    await train("other", "--modes", "3", "--concept-rule", "topk", "--seed", "1", "--concepts", "5"),
    await train("vectors", "--model", "mlp"),
  ];
  expect(outcomes.map(({ status, stderr }) => (status === 0 ? "" : stderr))).toEqual(["", "", ""]);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const saeno = (...args: string[]): Promise<Outcome> => saenoHere(folder, args);

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await saeno(...args, "--json");
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout);
}

const array = async (name: string) => parseNpy(await readFile(join(folder, name)), name);

test("codes go to files and come back as samples, on any grid, and as pictures", async () => {
  const written = await json("encode", "run", "--out", "codes.safetensors");
  expect(written).toMatchObject({
    data: "4 held-out samples of npy:data.npy",
    samples: tested,
    grid: [side, side],
    concepts: 6,
    model: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const { tensors } = parseSafetensors(await readFile(join(folder, "codes.safetensors")), "codes");
  expect(tensors.get("value")?.shape).toEqual([written.entries]);
  await json("encode", "run", "--out", "codes.npz", "--dense");

  await json("decode", "run", "codes.safetensors", "--out", "sparse.npy");
  await json("decode", "run", "codes.npz", "--out", "dense.npy", "--png", "pictures");
  const [sparse, dense] = [await array("sparse.npy"), await array("dense.npy")];
  expect(sparse.shape).toEqual([tested, side, side, 1]);
  const furthest = sparse.values.reduce((most, value, i) => Math.max(most, Math.abs(value - dense.values[i])), 0);
  expect(furthest).toBeLessThan(1e-5);
  expect(await readdir(join(folder, "pictures"))).toHaveLength(tested);

  // The function on a finer grid has the same values where the points are the same.
  await json("decode", "run", "codes.safetensors", "--grid", "16", "--out", "fine.npy");
  const fine = await array("fine.npy");
  expect(fine.shape).toEqual([tested, 16, 16, 1]);
  expect(fine.values[2 * 16 + 6]).toBeCloseTo(sparse.values[side + 3], 4);
}, 180_000);

test("a folder of pictures is written over only with --force, and shows samples of one file", async () => {
  await json("encode", "run", "--out", "few.npz");
  await json("decode", "run", "few.npz", "--png", "shown");
  await writeFile(join(folder, "shown", "sample-00007.png"), "of other codes");
  const again = await saeno("decode", "run", "few.npz", "--png", "shown");
  expect([again.status, again.stderr]).toEqual([2, expect.stringMatching(/sample-00000.png exists already.*--force/)]);
  await json("decode", "run", "few.npz", "--png", "shown", "--force");
  expect(await readdir(join(folder, "shown"))).toHaveLength(tested);
});

test("on a grid four times as fine, what is decoded has the errors of the resolution sweep", async () => {
  const [grid, shape] = [4 * side, [tested, side, side, 1]];
  const { resolution } = (await json("eval", "run", "--grids", `${grid}`, "--interpolated")) as {
    resolution: readonly { grid: readonly number[]; relativeError: number; interpolatedError: number }[];
  };
  const swept = resolution.find((each) => each.grid[0] === grid);
  const data = await array("data.npy");
  const truth = tidy(() =>
    resample(tensor(data.values.slice(-tested * side * side), shape), { grid: [grid, grid] }).dataSync<"float32">(),
  );
  const errorOf = async (file: string) => {
    const { values } = await array(file);
    const differences = values.reduce((sum, value, i) => sum + (value - truth[i]) ** 2, 0);
    return Math.sqrt(differences / truth.reduce((sum, value) => sum + value ** 2, 0));
  };
  // Codes of the data's own grid are functions: decoded there they are their reconstructions, interpolated.
  await json("encode", "run", "--out", "own.npz");
  await json("decode", "run", "own.npz", "--grid", `${grid}`, "--out", "finer.npy");
  expect(await errorOf("finer.npy")).toBeCloseTo(swept?.interpolatedError ?? 0, 5);
  // And encoded there too, the error is that of the sweep.
  await writeFile(join(folder, "fine.npy"), encodeNpy({ shape: [tested, grid, grid], values: truth }));
  await json("encode", "run", "--data", "npy:fine.npy", "--out", "fine.npz");
  await json("decode", "run", "fine.npz", "--out", "there.npy");
  expect(await errorOf("there.npy")).toBeCloseTo(swept?.relativeError ?? 0, 5);
});

test("the error rises by the cost of a concept when the one that costs most is removed", async () => {
  const { concepts, error } = (await json("concepts", "other", "--split", "test")) as {
    concepts: readonly { concept: number; cost: number }[];
    error: number;
  };
  const [{ concept, cost }] = concepts;
  const data = await array("data.npy");
  let [before, after] = [0, 0];
  for (let sample = 0; sample < tested; sample++) {
    const values = data.values.subarray((samples - tested + sample) * side * side);
    const distance = async (...flags: string[]) => {
      await json("edit", "other", "--sample", `${sample}`, ...flags, "--out", "edited.npy", "--force");
      const edited = await array("edited.npy");
      return edited.values.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0) / side ** 2 / tested;
    };
    before += await distance();
    after += await distance("--remove", `${concept}`);
  }
  expect(before).toBeCloseTo(error, 5);
  expect(after - before).toBeCloseTo(cost, 5);
  expect(cost).toBeGreaterThan(0);
});

test("a concept of a sample is moved, painted and taken away; the order of the flags counts", async () => {
  const before = await json("edit", "run", "--sample", "1", "--out", "before.npy");
  const [strongest] = before.concepts as { concept: number }[];
  const k = strongest.concept;
  const moved = await json(
    "edit",
    "run",
    "--sample",
    "1",
    "--only",
    `${k}`,
    "--move",
    `${k}=3,0`,
    "--out",
    "moved.npy",
  );
  const alone = await json(
    "edit",
    "run",
    "--sample",
    "1",
    "--only",
    `${k}`,
    "--out",
    "alone.npy",
    "--png",
    "alone.png",
  );
  expect(moved.edits).toEqual([
    { kind: "keep", concepts: [k] },
    { kind: "move", concept: k, by: [3, 0] },
  ]);
  const [a, b] = [(await array("alone.npy")).values, (await array("moved.npy")).values];
  for (let i = 0; i < a.length; i++) expect(b[(i + 3 * side) % a.length]).toBeCloseTo(a[i], 4);
  expect(alone.concepts).toContainEqual(expect.objectContaining({ concept: k }));
  expect((await stat(join(folder, "alone.png"))).size).toBeGreaterThan(100);

  const painted = await json("edit", "run", "--sample", "1", "--remove", `${k}`, "--paint", `${k}=1@0,0`);
  expect(painted.concepts).toContainEqual(expect.objectContaining({ concept: k, edited: 1 / side ** 2 }));
}, 180_000);

test("concepts are indexed once, named, sorted and told in detail", async () => {
  // Training looked at them already.
  const first = await saeno("concepts", "run");
  expect(first).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/look at concepts/) });
  expect(first.stdout).toMatch(/^4 held-out samples of npy:data.npy: . of 6 concepts are active/);
  expect(first.stdout).toMatch(/concept +cost +active in +energy +where +frequency/);
  expect((await saeno("name", "run", "2", "left edge")).stdout).toMatch(/^concept +name\n.*\n2 +left edge\n/);
  expect(JSON.parse(await readFile(join(folder, "run", "names.json"), "utf8"))).toEqual({ 2: "left edge" });

  const again = await saeno("concepts", "run", "--json", "--sort", "energy", "--top", "6");
  expect(again.stderr).not.toContain("look at concepts");
  const { concepts } = JSON.parse(again.stdout) as { concepts: { concept: number; energy: { mean: number } }[] };
  const energies = concepts.map(({ energy }) => energy.mean);
  expect(energies).toEqual([...energies].sort((a, b) => b - a));
  expect(concepts).toContainEqual(expect.objectContaining({ concept: 2, name: "left edge" }));
  expect((await saeno("concepts", "run", "--concept", "2")).stdout).toMatch(/^concept 2: left edge\nactive in/);

  // Other samples, another model: it is made again.
  const all = await saeno("concepts", "run", "--split", "all");
  expect(all.stderr).toMatch(/concepts.idx is of 4 held-out samples of npy:data.npy: it is made again/);
  await cp(join(folder, "run", "concepts.idx"), join(folder, "other", "concepts.idx"));
  expect((await saeno("concepts", "other")).stderr).toMatch(/concepts.idx is of another model: it is made again/);
}, 180_000);

test("a name stands in the report and on the pages that there are, is in what is written later, and goes along to other libraries", async () => {
  await json("name", "run", "2", "left edge");
  const page = (name: string) => readFile(join(folder, "run", name), "utf8");
  const slot = (name: string) => `<span class="name" data-concept="2">${name === "" ? "" : ` ${name}`}</span>`;
  for (const name of ["report.html", "concepts/index.html"]) expect(await page(name)).toContain(slot("left edge"));
  const renamed = await json("name", "run", "2", "<i>&");
  expect(renamed.pages).toBeGreaterThanOrEqual(2);
  for (const name of ["report.html", "concepts/index.html"]) expect(await page(name)).toContain(slot("&lt;i&gt;&amp;"));
  await json("name", "run", "2", "left edge");
  await rm(join(folder, "run", "concepts", "2.html"), { force: true });
  expect(await saeno("report", "run", "--pages", "1")).toMatchObject({ status: 0 });
  expect(await page("report.html")).toContain(slot("left edge"));
  await rm(join(folder, "run", "concepts", "2.html"), { force: true });
  await json("concepts", "run", "--concept", "2");
  expect(await page("concepts/2.html")).toContain("<h1>Concept 2<span");
  expect(await page("concepts/index.html")).toContain('<a href="2.html">');

  await json("name", "vectors", "1", "edge");
  await json("export", "vectors", "--format", "saelens", "--out", "sae");
  const { metadata } = JSON.parse(await readFile(join(folder, "sae", "cfg.json"), "utf8"));
  expect(metadata.concept_names).toEqual({ 1: "edge" });
  await json("export", "run", "--format", "neuralop", "--out", "operator");
  expect(JSON.parse(await readFile(join(folder, "operator", "neuralop.json"), "utf8"))).toMatchObject({
    conceptNames: { 2: "left edge" },
  });
}, 180_000);

test("the page of a concept is added to an index of any part of the data, without saying again which", async () => {
  await json("concepts", "run", "--split", "train", "--pages", "0");
  await json("concepts", "run", "--concept", "0");
  expect(await readFile(join(folder, "run", "concepts", "0.html"), "utf8")).toContain(
    "36 training samples of npy:data.npy",
  );
}, 180_000);

test("the concepts of two runs are matched: of a run with itself, each with itself", async () => {
  const { status, stdout } = await saeno("compare", "run", "run");
  expect([status, stdout]).toEqual([0, expect.stringMatching(/run +run +\|cosine\| +agreement +correlation/)]);
  const pairs = stdout.split("\n").filter((line) => /^\d/.test(line) && line.includes("1.000"));
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) expect(pair).toMatch(/^(\d+)( left edge)? +\1( left edge)? +1\.000 +1\.000 /);
}, 180_000);

test("data of other kinds is asked about like the run's own, and has an index of its own", async () => {
  const fine = await array("data.npy");
  await writeFile(
    join(folder, "labels.npy"),
    encodeNpy({ shape: [samples], values: fine.values.slice(0, samples).map((_, i) => i % 2) }),
  );
  const values = fine.values.slice(0, 4 * side * side);
  const archive = await encodeNpz({
    x: { shape: [4, side, side], values },
    y: { shape: [4], values: Int32Array.of(0, 1, 1, 0) },
  });
  await writeFile(join(folder, "other.npz"), archive);
  const labeled = "npz:other.npz#x,labels=y";
  const { concepts } = (await json("concepts", "run", "--data", labeled, "--sort", "label")) as {
    concepts: readonly { label?: { label: number; auc: number } }[];
  };
  expect(concepts[0].label?.auc).toBeGreaterThanOrEqual(0.5);
  expect(await readdir(join(folder, "run"))).toContain("concepts-other.idx");
  const again = await saeno("concepts", "run", "--data", labeled, "--json");
  expect(again.stderr).not.toContain("look at concepts");
  expect(JSON.parse((await saeno("concepts", "run", "--json")).stdout).data).not.toContain("other.npz");

  const gray = Uint8Array.from({ length: 20 * 30 }, (_, i) => (7 * i) % 256);
  await sharp(gray, { raw: { width: 30, height: 20, channels: 1 } })
    .toColorspace("b-w")
    .toFile(join(folder, "one.png"));
  expect(await json("encode", "run", "--data", "image:one.png", "--out", "one.npz")).toMatchObject({
    ...{ data: "image:one.png", samples: 1, grid: [side, side] },
  });
  expect(await json("edit", "vectors", "--data", "image:one.png", "--sample", "0")).toMatchObject({
    data: "image:one.png",
  });
}, 180_000);

test.each([
  ["line", [24], "5", "3"],
  ["volume", [6, 6, 6], "2", "1,0,2"],
  ["colors", [8, 8, 3], "3", "2,1"],
])(
  "samples on a %s are encoded, edited, decoded and indexed",
  async (name, shape, modes, by) => {
    const [count, size] = [24, shape.reduce((all, points) => all * points, 1)];
    const values = createRandom(2).normals(count * size);
    const layout = name === "colors" ? "channels-last" : "no-channels";
    await writeFile(join(folder, `${name}.npy`), encodeNpy({ shape: [count, ...shape], values }));
    const small = ["--concepts", "4", "--active", "2", "--batch", "8", "--steps", "3", "--modes", modes];
    const trained = await saeno("train", "--data", `npy:${name}.npy`, "--layout", layout, ...small, "--out", name);
    expect([trained.status, trained.status === 0 ? "" : trained.stderr]).toEqual([0, ""]);
    const { concepts } = (await json("edit", name, "--sample", "0")) as { concepts: { concept: number }[] };
    const move = `${concepts[0].concept}=${by}`;
    await json("edit", name, "--sample", "0", "--move", move, "--png", `${name}.png`, "--out", `${name}-moved.npy`);
    await json("encode", name, "--out", `${name}.npz`);
    await json("decode", name, `${name}.npz`, "--out", `${name}-decoded.npy`, "--png", `${name}-pictures`);
    const grid = name === "colors" ? shape.slice(0, 2) : shape;
    expect((await array(`${name}-decoded.npy`)).shape).toEqual([2, ...grid, name === "colors" ? 3 : 1]);
    expect((await json("concepts", name, "--concept", "0")).concept).toMatchObject({ concept: 0 });
    const wrong = await saeno("edit", name, "--sample", "0", "--move", `${move},1`);
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/takes .* of points, one for each axis; got/),
    ]);
  },
  180_000,
);

test("a run that was cut off answers with its last checkpoint", async () => {
  await cp(join(folder, "run"), join(folder, "cut"), { recursive: true });
  for (const file of ["model.safetensors", "summary.json", "report.html"]) await rm(join(folder, "cut", file));
  expect(await json("edit", "cut", "--sample", "0", "--scale", "0=2")).toMatchObject({ sample: 0 });
}, 180_000);

test("mistakes are said in one line, with the exit code of their kind, and nothing is written", async () => {
  await saeno("encode", "run", "--out", "mistakes.npz");
  const edit = (...flags: string[]) => ["edit", "run", "--sample", "0", ...flags];
  const cases: [string[], number, RegExp][] = [
    [["encode", "run", "--out", "codes.txt"], 2, /ends in .safetensors or .npz/],
    [["decode", "other", "mistakes.npz", "--out", "x.npy"], 1, /codes of another model/],
    [["decode", "run", "mistakes.npz"], 2, /Say where to write/],
    [["decode", "run", "mistakes.npz", "--grid", "8x8x8", "--out", "x.npy"], 2, /is not a grid with 2 axes/],
    [edit("--remove", "6"), 2, /There is no concept 6: these codes have 6 concepts, 0 to 5/],
    [edit("--move", "1=2"), 2, /takes 2 numbers of points, one for each axis; got 2/],
    [edit("--paint", "1=2"), 2, /To paint on a map, say where/],
    [edit("--paint", "1=2@8,0"), 2, /The point 8, 0 is not on the grid 8 x 8/],
    [["edit", "vectors", "--sample", "0", "--paint", "1=2@3"], 2, /numbers without a place, which cannot be painted/],
    [["decode", "run", "data.npy", "--out", "x.npy"], 1, /data.npy/],
    [["decode", "vectors", "mistakes.npz", "--out", "x.npy"], 1, /codes of another model/],
    [["encode", "run", "--data", "npy:line.npy", "--out", "x.npz"], 1, /takes functions with 1 channel on 2 axes/],
    [["encode", "run", "--data", "image:colors.png,color=true", "--out", "x.npz"], 1, /has functions with 3 channels/],
    [["compare", "run", "vectors"], 1, /cannot be compared/],
    [["name", "run", "6", "x"], 2, /There is no concept 6/],
    [edit("--move", "1"), 2, /Write a concept and what to do with it, such as 4=8,0/],
    [["edit", "run", "--sample", "99"], 2, /samples 0 .. 3; 99 was asked for/],
    [["concepts", "run", "--concept", "6"], 2, /There is no concept 6: the model of run has 6 concepts, 0 to 5/],
    [["concepts", "vectors", "--sort", "label"], 2, /have no labels/],
    [["edit", "vectors", "--sample", "0", "--move", "1=3"], 2, /numbers without a place, which cannot be moved/],
  ];
  for (const [args, status, message] of cases) {
    const { status: found, stdout, stderr } = await saeno(...args);
    expect([args.join(" "), found, stderr]).toEqual([args.join(" "), status, expect.stringMatching(message)]);
    expect(stdout).toBe("");
  }
  expect((await readdir(folder)).filter((name) => /^x\./.test(name))).toEqual([]);
}, 180_000);
