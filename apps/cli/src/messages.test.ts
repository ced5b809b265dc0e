import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpy, encodeSafetensors, safetensorsHeader } from "@saeno/datasets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSaeno } from "./__fixtures__/run-saeno.ts";

let folder: string;
const saeno = (...args: readonly string[]) => runSaeno(folder, args);
const at = (...parts: readonly string[]) => join(folder, ...parts);
const small = "--steps 2 --batch 4 --concepts 4 --active 2".split(" ");
const functions = "sparse-functions:8,channels=1,concepts=4,kernel=3";

/** Writes a file below the folder; what is neither text nor bytes as JSON. */
async function write(name: string, content: unknown): Promise<void> {
  await mkdir(dirname(at(name)), { recursive: true });
  const isPlain = typeof content === "string" || content instanceof Uint8Array;
  await writeFile(at(name), isPlain ? content : JSON.stringify(content));
}

/** The same file with another value at a path. */
async function change(from: string, to: string, path: string, value: unknown): Promise<void> {
  await cp(at(dirname(from)), at(dirname(to)), { recursive: true });
  const document = JSON.parse(await readFile(at(from), "utf8"));
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  keys.reduce((part, key) => part[key], document)[last] = value;
  await write(to, document);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-messages-"));
  const values = Float32Array.from({ length: 20 * 6 }, (_, i) => Math.sin(i * i));
  await write("vectors.npy", encodeNpy({ shape: [20, 6], values }));
  await write("note.txt", "a note");
  await write("torn.json", '{"data": "flow",\r\n "steps": ');
  await write("twice.json", '{"data": "flow", "seed": 1, "seed": 2}');
  await write("utf16.json", Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x7d, 0));
  await write("deep.json", "[".repeat(20_000));
  await write("typed.json", { data: functions, training: { stepz: 3 } });
  await write("gone.json", { data: "npy:gone.npy" });
  await mkdir(at("empty"));
  await symlink(at("circle"), at("circle"));
  const made = await saeno("train", "--data", functions, "--limit", "20", "--test", "4", ...small, "--out", "run");
  expect(made.stderr).toMatch(/backend/);
  expect(made.status).toBe(0);
  await mkdir(at("demo"));
  for (const name of ["fno", "cnn"]) await cp(at("run"), at("demo", name), { recursive: true });
  await change("run/config.json", "many/config.json", "modelConfig.dictionary.concepts", 2e7);
  await change("run/config.json", "wide/config.json", "modelConfig.dictionary.channels", 1e6);
  await change("run/config.json", "kindless/config.json", "modelConfig.encoder", { kind: 3 });
  await change("run/summary.json", "measured/summary.json", "utilization", "all");
  await change("run/summary.json", "fewer/summary.json", "utilization", [1]);
  await cp(at("run"), at("lines"), { recursive: true });
  await write("lines/metrics.jsonl", '{"step":1,"loss":1,"relativeError":1}\n{"step":"two"}\n');
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

type Case = readonly [args: string, status: number, message: RegExp];

/** Each ends with one line for people and the exit code for its kind, and says nothing of a bug. */
const cases: readonly Case[] = [
  // Paths.
  ["eval nowhere", 2, /There is no run folder nowhere\. Make one/],
  ["eval ru", 2, /There is no run folder ru\. Did you mean "run"\?/],
  ["eval demo", 2, /demo is a folder of run folders\. Name one of them: demo\/cnn, demo\/fno\./],
  ["report demo", 2, /folder of run folders/],
  ["eval run/config.json", 2, /run\/config\.json is a file\. Name the run folder that it is in: run\./],
  ["eval note.txt", 2, /note\.txt is a file\. Name a run folder\./],
  ["eval empty", 1, /empty is not a run folder: it has no config\.json/],
  ["eval circle", 1, /circle cannot be read: its symbolic links lead in a circle\./],
  ["eval ''", 2, /Give the path of a file or folder/],
  ["import nowhere", 2, /There is no file or folder nowhere/],
  ["train --data vectors.npy", 2, /"vectors\.npy" does not say what it is: write npy:vectors\.npy/],
  ["train --data npy:gone.npy --model mlp", 1, /gone\.npy cannot be read: there is no such file or folder\./],
  ["train --data npy:empty --model mlp", 1, /empty cannot be read: it is a folder/],
  [
    "train --data npy:vectors.npy --out note.txt/run",
    2,
    /note\.txt\/run cannot be written: a part of the path is a file/,
  ],
  [
    "train --data npy:vectors.npy --out run",
    2,
    /run exists already, with other settings \(data\.kind .*\); nothing was changed/,
  ],
  ["demo --out run", 2, /run exists already; nothing was changed/],
  ["reproduce 4a --data nowhere", 2, /There is no folder nowhere/],
  ["--plugin empty doctor", 2, /plugin empty is a folder: name its module/],
  ["--plugin note.txt doctor", 2, /note\.txt is not a JavaScript module/],
  ["--plugin", 2, /--plugin needs the name of a file or a package/],
  // Configurations.
  ["train --config nowhere", 1, /config file nowhere cannot be read: there is no such file or folder\./],
  ["train --config run", 1, /run cannot be read: it is a folder, not a file\. Settings are in run\/config\.json\./],
  ["train --config run/summary.json", 1, /holds what was measured of a run.* Settings are in run\/config\.json\./],
  ["train --config run/metrics.jsonl", 1, /not valid JSON, line 2, column 1.*Settings are in run\/config\.json/],
  ["train --config torn.json", 1, /torn\.json is not valid JSON, at its end, line 2: expected a value\./],
  ["train --config twice.json", 1, /line 1, column 29: the key "seed" is given twice\./],
  ["train --config utf16.json", 1, /utf16\.json is UTF-16 text; JSON is UTF-8/],
  ["train --config deep.json", 1, /nested more than 200 deep/],
  ["train --config typed.json", 2, /typed\.json: training has no option "stepz"\. Did you mean "steps"\?/],
  ["train --config gone.json", 1, /data of gone\.json, gone\.npy, is not there\. Looked in the current folder\./],
  // Flags.
  ["train --data flow --steps 0", 2, /--steps must be a positive integer; got 0\./],
  ["train --data flow --steps 1e300", 2, /--steps must be a positive integer; got 1e\+300\./],
  ["train --data flow --lr nan", 2, /--lr must be a positive number; got "nan"\./],
  ["train --data flow --rotations ''", 2, /--rotations must be degrees/],
  ["train --data flow --backend ''", 2, /--backend must be a name, such as auto or wasm; got ""\./],
  ["train --data flow --activation {oops", 2, /--activation is not valid JSON, line 1, column 2/],
  ["train --data flow --test-data nope", 2, /There is no dataset "nope"/],
  [`train --data ${functions} --concepts 1e15`, 2, /random numbers are more than memory holds/],
  ["sweep --data flow --vary lrr=1", 2, /--vary lrr: there is no setting "lrr"\. Did you mean "lr"\?$/m],
  ["sweep --data flow --vary lr=1,2 --seeds 1e9", 2, /would be 2000000000 runs; the most are 100000/],
  ["--threads 1e9 eval run", 2, /--threads must be a positive integer, here at most \d+; got "1e9"\./],
  ["data info", 2, /missing required argument 'source'/],
  ["data npy:vectors.npy --grid 3 --out x.npy", 2, /--grid goes with generated data/],
  // Run folders.
  ["eval many", 1, /"dictionary\.theta" has the shape \[4, .*config\.json asks for \[20000000, /],
  ["eval wide", 1, /config\.json asks for \[4, 2, 1000000, /],
  [
    "eval kindless",
    1,
    /"modelConfig" of kindless\/config\.json does not describe a model: encoder\.kind must be text; got 3\./,
  ],
  ["report measured", 1, /measured\/summary\.json is damaged: utilization must be a list; got "all"\./],
  ["report fewer", 1, /evaluation in fewer is of another model: it has 1 concepts, the model 4\./],
  ["eval lines", 1, /lines\/metrics\.jsonl is damaged: 1\.step must be a number; got "two"\./],
  [
    "eval run --data npy:vectors.npy",
    1,
    /takes functions with 1 channel on 2 axes; npy:vectors\.npy has functions with 1 channel on 1 axis/,
  ],
  ["eval run --backend nope", 2, /There is no backend "nope"\..*Known: cpu, node, node-gpu, wasm, webgpu\./],
];

describe("a mistake", () => {
  test.each(cases)("%s", { timeout: 30_000 }, async (args, status, message) => {
    const outcome = await saeno(...args.split(" ").map((arg) => (arg === "''" ? "" : arg)));
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr.split("\n").filter((line) => line.startsWith("saeno:"))).toHaveLength(1);
    expect(outcome.stderr).not.toMatch(/\n\s+at |bug in|ENOENT|EISDIR|undefined/);
    expect(outcome.status).toBe(status);
  });

  test("leaves nothing behind", async () => {
    expect((await readdir(folder)).filter((name) => /partial|^bad/.test(name))).toEqual([]);
  });
});

test("a tensor name cannot steer the terminal", async () => {
  const weights = encodeSafetensors({
    W_enc: { shape: [2, 3], values: new Float32Array(6) },
    W_dec: { shape: [3, 2], values: new Float32Array(6) },
    b_enc: { shape: [3], values: new Float32Array(3) },
    b_dec: { shape: [2], values: new Float32Array(2) },
    "\u001b[2Jx\u009b1m\u202e": { shape: [1], values: [1] },
  });
  await write("escapes/sae_weights.safetensors", weights);
  await write("escapes/cfg.json", { d_in: 2, d_sae: 3, architecture: "standard", metadata: { sae_lens_version: "6" } });
  const { stderr, status } = await saeno("import", "escapes");
  expect(status).toBe(1);
  expect(stderr).toMatch(/does not know: .*--ignore /);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test.skipIf(process.platform !== "linux")("a result that cannot be written is not a success", () => {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", `"$0" "$1" reproduce --list --json > /dev/full`, process.execPath, main],
    {
      encoding: "utf8",
    },
  );
  expect([status, stderr]).toEqual([1, "saeno: The result cannot be written to standard output: the disk is full.\n"]);
});

test("a run is evaluated from anywhere: its data is found from where it was made, or beside it", async () => {
  await mkdir(at("project", "data"), { recursive: true });
  await mkdir(at("elsewhere"));
  await cp(at("vectors.npy"), at("project", "data", "v.npy"));
  const inProject = (...args: readonly string[]) => runSaeno(at("project"), args);
  const flags = ["--data", "npy:data/v.npy", "--model", "mlp", "--test", "4", ...small];
  expect(await inProject("train", ...flags, "--out", "run")).toMatchObject({ status: 0 });
  expect(JSON.parse(await readFile(at("project/run/config.json"), "utf8")).madeIn).toMatch(/project$/);
  const elsewhere = (...args: readonly string[]) => runSaeno(at("elsewhere"), args);
  expect(await elsewhere("eval", "../project/run")).toMatchObject({ status: 0 });
  expect(await elsewhere("train", "--config", "../project/run/config.json", "--out", "again")).toMatchObject({
    status: 0,
  });
  await rm(at("project", "data"), { recursive: true });
  const missing = await elsewhere("eval", "../project/run");
  expect(missing.status).toBe(1);
  expect(missing.stderr).toMatch(
    /data\/v\.npy, is not there\. Looked in .*project \(where the run was made\) and in \.\.\/project\/run and in the current folder\./,
  );
  await mkdir(at("project/run/data"));
  await cp(at("vectors.npy"), at("project/run/data/v.npy"));
  expect(await elsewhere("eval", "../project/run")).toMatchObject({ status: 0 });
}, 60_000);

test("~ is the home folder in every path, also where a shell leaves it", async () => {
  await mkdir(at("home"));
  await cp(at("vectors.npy"), at("home", "v.npy"));
  const before = process.env.HOME;
  process.env.HOME = at("home");
  try {
    const made = await saeno("train", "--data", "npy:~/v.npy", "--model", "mlp", ...small, "--out=~/r");
    expect(made).toMatchObject({ status: 0 });
    expect(await saeno("train", "--config=~/r/config.json", "--out=~/again")).toMatchObject({ status: 0 });
    expect((await readdir(at("home"))).sort()).toEqual(["again", "r", "v.npy"]);
  } finally {
    process.env.HOME = before;
  }
}, 60_000);

test("a last line that was cut off is passed over with a word", async () => {
  await cp(at("run"), at("killed"), { recursive: true });
  await write("killed/metrics.jsonl", '{"step":1,"loss":1,"relativeError":1}\n{"step":2,"lo');
  const outcome = await saeno("eval", "killed");
  expect(outcome.stderr).toMatch(/killed\/metrics\.jsonl: the last line is cut off and left out; 1 lines are whole/);
  expect(outcome.status).toBe(0);
});

test("a report replaces a symbolic link instead of writing where it leads", async () => {
  await cp(at("run"), at("linked"), { recursive: true });
  await write("mine", "mine");
  for (const name of ["report.html", "evaluation.json"]) {
    await rm(at("linked", name), { force: true });
    await symlink(at("mine"), at("linked", name));
  }
  expect(await saeno("eval", "linked")).toMatchObject({ status: 0 });
  expect(await readFile(at("mine"), "utf8")).toBe("mine");
});

test("a model of another library beyond 4 GiB is imported by tensor", async () => {
  const far = 5 * 2 ** 30;
  const names = ["ignored", "W_enc", "b_enc", "W_dec", "b_dec"];
  const shapes = [[far / 4], [2, 3], [3], [3, 2], [2]];
  const header = safetensorsHeader(names.map((name, i) => ({ name, shape: shapes[i] })));
  await mkdir(at("large"));
  // Sparse: only what is written takes room.
  const { open } = await import("node:fs/promises");
  const file = await open(at("large", "sae_weights.safetensors"), "w");
  await file.write(header, 0, header.length, 0);
  await file.write(Buffer.from(new Float32Array(17).fill(0.5).buffer), 0, 68, header.length + far);
  await file.close();
  await write("large/cfg.json", { d_in: 2, d_sae: 3, architecture: "standard", metadata: { sae_lens_version: "6" } });
  expect((await saeno("import", "large")).stderr).toMatch(/does not know: ignored\..* --ignore ignored\./);
  const outcome = await saeno("import", "large", "--ignore", "ignored", "--out", "small");
  expect(outcome.status).toBe(0);
  expect(outcome.stdout).toMatch(/norms of atoms 0\.7071 to 0\.7071/);
}, 30_000);
