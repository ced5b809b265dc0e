import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@saeno/backend";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { saenoHere } from "./__fixtures__/in-process.ts";
import type { Outcome } from "./__fixtures__/run-saeno.ts";

let folder: string;
const saeno = (...args: string[]): Promise<Outcome> => saenoHere(folder, args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
  await mkdir(join(folder, "photographs"));
  const random = createRandom(1);
  for (let i = 0; i < 6; i++) {
    const pixels = Uint8Array.from({ length: 24 * 24 * 3 }, () => 256 * random.uniform());
    const file = join(folder, "photographs", `${i}.png`);
    await sharp(pixels, { raw: { width: 24, height: 24, channels: 3 } }).toFile(file);
  }
  await mkdir(join(folder, "net"));
  await writeFile(join(folder, "net/model.json"), JSON.stringify(model));
  const weights = random.normals(3 * 3 * 3 * 4);
  await writeFile(join(folder, "net/weights.bin"), new Uint8Array(weights.buffer));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** image -> convolution -> relu, of images of any size. */
const float = { T: { type: "DT_FLOAT" } };
const model = {
  format: "graph-model",
  modelTopology: {
    node: [
      {
        name: "image",
        op: "Placeholder",
        attr: {
          dtype: { type: "DT_FLOAT" },
          shape: { shape: { dim: [-1, 16, 16, 3].map((size) => ({ size: String(size) })) } },
        },
      },
      { name: "filter", op: "Const", attr: { dtype: { type: "DT_FLOAT" } } },
      {
        name: "block/conv",
        op: "Conv2D",
        input: ["image", "filter"],
        attr: {
          ...float,
          strides: { list: { i: ["1", "2", "2", "1"] } },
          dilations: { list: { i: ["1", "1", "1", "1"] } },
          padding: { s: btoa("SAME") },
          data_format: { s: btoa("NHWC") },
        },
      },
      { name: "block/relu", op: "Relu", input: ["block/conv"], attr: float },
    ],
  },
  weightsManifest: [{ paths: ["weights.bin"], weights: [{ name: "filter", shape: [3, 3, 3, 4], dtype: "float32" }] }],
};

test("info lists layers, and says which are close to one that is not there", async () => {
  const { stdout, status } = await saeno("network", "info", "net", "--json");
  expect(status).toBe(0);
  const found = JSON.parse(stdout);
  expect(found.preprocessing).toMatchObject({ size: [16, 16], channels: 3, range: "0..1" });
  expect(found.layers.map(({ name }: { name: string }) => name)).toEqual(["block/conv", "block/relu"]);
  const text = await saeno("network", "info", "net/model.json");
  expect(text.stdout).toMatch(/block\/conv +Conv2D +8 x 8 +4 +108 +2 +3/);
  const wrong = await saeno(
    "network",
    "harvest",
    "net",
    "--layer",
    "block/cnv",
    "--data",
    "images:photographs",
    "--out",
    "x",
  );
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/no layer "block\/cnv"\. Did you mean "?block\/conv/);
});

test("maps are harvested, trained on, and spliced back", async () => {
  const data = "network:tfjs:net#conv,images:photographs";
  const parts = ["--limit", "12", "--test", "4"];
  const harvested = await saeno(
    "network",
    "harvest",
    "net",
    "--layer",
    "conv",
    "--data",
    "images:photographs",
    "--out",
    "maps",
    ...parts,
    "--json",
  );
  expect(harvested.stderr).not.toContain("saeno:");
  expect(JSON.parse(harvested.stdout)).toMatchObject({ samples: 16, test: 4, shape: [8, 8, 4], type: "F16" });
  const record = JSON.parse(await readFile(join(folder, "maps/harvest.json"), "utf8"));
  expect(record.origins[0].file).toMatch(/^photographs\/\d\.png$/);
  const again = await saeno(
    "network",
    "harvest",
    "net",
    "--layer",
    "conv",
    "--data",
    "images:photographs",
    "--out",
    "maps",
    ...parts,
  );
  expect(again.status).toBe(0);

  const small = ["--concepts", "6", "--active", "2", "--modes", "3", "--steps", "4", "--batch", "4"];
  for (const [out, source] of [
    ["direct", data],
    ["stored", "safetensors:maps"],
  ]) {
    const trained = await saeno("train", "--data", source, ...parts, ...small, "--out", out);
    expect([trained.status, trained.stderr.match(/saeno: .*/)?.[0]]).toEqual([0, undefined]);
  }
  const config = JSON.parse(await readFile(join(folder, "direct/config.json"), "utf8"));
  expect(config.data).toMatchObject({ kind: "network", network: "tfjs:net#conv", range: "0..1" });
  const own = await saeno("eval", "direct", "--fidelity", "--json");
  expect(own.status).toBe(0);
  const { fidelity } = JSON.parse(own.stdout);
  expect(fidelity).toMatchObject({ layer: "block/conv", samples: 4, outputs: [{ output: "block/relu" }] });
  const other = await saeno(
    "eval",
    "stored",
    "--fidelity",
    "network:net#conv,images:photographs",
    "--fidelity-samples",
    "2",
  );
  expect(other.stdout).toMatch(/block\/relu +reconstruction/);
  const effects = await saeno("concepts", "direct", "--sort", "effect", "--effect-samples", "2", "--json");
  const listed: { readonly concept: number; readonly effect: number }[] = JSON.parse(effects.stdout).concepts;
  expect(listed[0].effect).toBeGreaterThan(0);
  expect(listed.map(({ effect }) => effect)).toEqual(listed.map(({ effect }) => effect).sort((a, b) => b - a));
  const text = await saeno(
    "concepts",
    "stored",
    "--sort",
    "effect",
    "--network",
    data.replace("network:", ""),
    "--output",
    "relu",
  );
  expect(text.stdout).toMatch(/effect: how much block\/relu of net changes/);
  const missing = await saeno("eval", "stored", "--fidelity");
  expect([missing.status, missing.stderr]).toEqual([
    2,
    expect.stringContaining("name the network and its images, NET#LAYER,images:DIR"),
  ]);

  // What was measured once is not measured again.
  await writeFile(join(folder, "classes.txt"), "sky\ngrass\nwater\nsand\n");
  const classes = ["--classes", "classes.txt", "--effect-samples", "2"];
  const before = await saeno("concepts", "direct", "--sort", "effect", ...classes);
  expect(before.stdout).toMatch(/(sky|grass|water|sand) \d/);
  const kept = await saeno("concepts", "direct", "--sort", "effect", ...classes);
  expect([kept.status, kept.stdout]).toEqual([0, before.stdout]);
  expect([text, kept].map(({ stderr }) => stderr.includes("edit concepts"))).toEqual([true, false]);
  const moved = await saeno(
    "concepts",
    "direct",
    "--sort",
    "effect",
    "--move",
    "2,0",
    "--effect-samples",
    "2",
    "--json",
  );
  expect(JSON.parse(moved.stdout).effects).toMatchObject({ edit: { move: [2, 0] }, layer: "block/conv" });

  // Samples are photographs, in pages and in the report.
  const pages = (run: string) => readdir(join(folder, run, "concepts/samples"));
  expect((await saeno("report", "direct")).status).toBe(0);
  const report = await readFile(join(folder, "direct/report.html"), "utf8");
  expect(report).toMatch(/What concepts do to the network[\s\S]*moved by 2, 0 points/);
  expect(report).toContain("data:image/jpeg");
  const page = await readFile(join(folder, `direct/concepts/${listed[0].concept}.html`), "utf8");
  expect(page).toMatch(/What the network says without it[\s\S]*changed-\d+\.jpg/);
  for (const run of ["direct", "stored"]) expect((await pages(run)).every((name) => name.endsWith(".jpg"))).toBe(true);
  await rename(join(folder, "photographs"), join(folder, "elsewhere"));
  expect((await saeno("report", "stored")).status).toBe(0);
  expect((await pages("stored")).every((name) => name.endsWith(".png"))).toBe(true);
  const list = await readFile(join(folder, "stored/concepts/index.html"), "utf8");
  expect(list).toMatch(/The photographs of maps\/harvest.json are not shown: .*photographs/);
  await rename(join(folder, "elsewhere"), join(folder, "photographs"));
}, 120_000);

test("circuits go from an earlier layer to a later one of the same network", async () => {
  const train = (out: string, data: string) =>
    saeno(
      ...["train", "--data", data, "--limit", "6", "--test", "2", "--concepts", "4", "--active", "2", "--modes", "2"],
      ...["--steps", "2", "--batch", "2", "--pages", "0", "--out", out],
    );
  const trained = await train("early", "network:net#block/conv,images:photographs");
  expect([trained.status, trained.stderr.match(/saeno: .*/)?.[0]]).toEqual([0, undefined]);
  await train("late", "network:net#block/relu,images:photographs");
  await train("other", "network:net#block/relu,images:photographs,range=-1..1");
  const found = await saeno("network", "circuit", "early", "late", "--samples", "2", "--json");
  expect(found.stderr).not.toContain("saeno:");
  expect(JSON.parse(found.stdout)).toMatchObject({ from: "block/conv", to: "block/relu", samples: 2, factor: 0 });
  expect(JSON.parse(found.stdout).links.length).toBeGreaterThan(0);
  const table = await saeno("network", "circuit", "early", "late", "--samples", "2", "--top", "1");
  expect(table.stdout).toMatch(/earlier +later +changes by[\s\S]*more pairs: --top/);
  const wrong = [
    await saeno("network", "circuit", "late", "early"),
    await saeno("network", "circuit", "early", "other"),
  ];
  expect(wrong.map(({ status }) => status)).toEqual([2, 2]);
  expect(wrong[0].stderr).toMatch(/block\/conv does not come after block\/relu/);
  expect(wrong[1].stderr).toMatch(/in two ways, .*"0..1".* in early and .*"-1..1".* in other/);
}, 60_000);

test("an ONNX file is listed, harvested, trained on and spliced back", async () => {
  const fixture = new URL("../../../packages/networks/src/__fixtures__/small.onnx", import.meta.url);
  await copyFile(fixture, join(folder, "small.onnx"));
  const info = await saeno("network", "info", "small.onnx", "--size", "16");
  expect(info.stdout).toMatch(/block\/second\/conv +Conv +4 x 4 +5 +313 +4 +13/);
  const wrong = await saeno("network", "info", "onnx:smal.onnx");
  expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringContaining("smal.onnx cannot be read")]);
  const given = ["--data", "images:photographs", "--size", "16", "--limit", "6", "--test", "2"];
  const layer = ["--layer", "second/conv"];
  const harvested = await saeno(
    "network",
    "harvest",
    "onnx:small.onnx",
    ...layer,
    ...given,
    "--out",
    "onnx-maps",
    "--json",
  );
  expect(JSON.parse(harvested.stdout)).toMatchObject({ samples: 8, shape: [4, 4, 5], layer: "block/second/conv" });
  const data = "network:onnx:small.onnx#second/conv,images:photographs,size=16";
  const small = ["--limit", "6", "--test", "2", "--concepts", "6", "--active", "2", "--modes", "2", "--steps", "2"];
  expect((await saeno("train", "--data", data, ...small, "--batch", "4", "--out", "of-onnx")).status).toBe(0);
  const found = await saeno("eval", "of-onnx", "--fidelity", "--json");
  expect(JSON.parse(found.stdout).fidelity).toMatchObject({
    layer: "block/second/conv",
    outputs: [{ output: "classes" }],
  });
  const effects = await saeno("concepts", "of-onnx", "--sort", "effect", "--effect-samples", "2", "--json");
  expect(JSON.parse(effects.stdout).concepts[0].effect).toBeGreaterThan(0);
}, 60_000);
