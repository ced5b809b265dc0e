/** The kit's program: facts, training, speed, conformance, profiles, each within its time; a report, and all results as JSON. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SaenoError } from "@saeno/backend";
import { selectConfigurations } from "@saeno/bench/configurations";
import { report } from "./report.ts";
import type { KitResults } from "./results.ts";
import { type Outcome, runLimited } from "./run-limited.ts";
import { timeBudget } from "./time-budget.ts";

const help = `bash run.sh [OUT] [flags]

Checks saeno's WebGPU backend on this machine's GPU and times it next to PyTorch. Prints a report and writes report.md,
results.json and log.txt to OUT (default: the current folder).

  --seconds N      for everything (default 450)
  --only NAMES     these configurations of the bench, separated by commas
  --every N        the sample of conformance cases that is run first (default 5)
  --steps N        of the training run (default 300)
  --skip NAMES     of training, bench, conformance, profiles
  --help`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "450" },
    only: { type: "string" },
    every: { type: "string", default: "5" },
    steps: { type: "string", default: "300" },
    skip: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

const out = resolve(positionals[0] ?? ".");
const program = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const results: KitResults = { facts: {}, training: [], conformance: "", bench: [], profiles: [], failures: [] };

async function main(): Promise<void> {
  if (flags.help) return console.log(help);
  if (!(Number(flags.seconds) > 0))
    throw new SaenoError("kit.seconds", `--seconds takes a number above 0; got ${flags.seconds}.`);
  const configurations = selectConfigurations(flags.only);
  mkdirSync(out, { recursive: true });
  const budget = timeBudget(Number(flags.seconds));
  const skipped = flags.skip.split(",");
  const wanted = (section: string) => !skipped.includes(section);

  const device = await collectFacts();
  if (!results.facts.adapter?.includes('"available":true')) {
    // What the loader looked at says why.
    process.env.VK_LOADER_DEBUG = "error,warn,driver";
    await node("adapter, once more", 60, "gpu/dist/adapter.js");
    console.log(save());
    process.exitCode = 1;
    return;
  }
  if (wanted("training")) {
    for (const backend of ["webgpu", "wasm"]) {
      const result = await node(`training on ${backend}`, budget.allow(60), "gpu/dist/train.js", backend, flags.steps);
      if (result !== undefined) results.training.push(JSON.parse(result));
    }
    save();
  }
  if (wanted("conformance")) {
    // Half of it for the cases on each of two backends; models and what was begun take a little more.
    const seconds = budget.allow(130, 0);
    const cases = String(Math.max(1, Math.floor(seconds / 3)));
    const args = ["--backend", "wasm,webgpu", "--every", flags.every, "--seconds", cases];
    results.conformance = (await node("conformance", seconds, "conformance/dist/conformance.js", ...args)) ?? "";
    save();
  }
  if (wanted("bench")) {
    const peer = device === undefined ? [] : ["--peer", "--peer-device", device];
    const tf32 = device === "cuda" ? ["--peer-tf32"] : [];
    for (const { name } of configurations) {
      const args = ["--only", name, "--json", "--brief", "--backend", "webgpu", ...peer, ...tf32];
      const result = await node(`bench of ${name}`, budget.allow(60), "bench/dist/bench.js", ...args);
      if (result !== undefined) results.bench.push(...JSON.parse(result));
      save();
    }
  }
  if (wanted("profiles")) {
    // Dawn rounds times to a tenth of a millisecond, unless it is told not to.
    process.env.SAENO_DAWN ??= "disable-dawn-features=timestamp_quantization";
    for (const { name } of configurations) {
      const args = ["--only", name, "--batch", "full", "--times"];
      const result = await node(`profile of ${name}`, budget.allow(20), "bench/dist/dispatches.js", ...args);
      if (result !== undefined) results.profiles.push(JSON.parse(result));
      save();
    }
  }
  console.log(save());
}

/** Card, driver, PyTorch, adapter; where PyTorch computes, if it is there. */
async function collectFacts(): Promise<"cuda" | "cpu" | undefined> {
  const facts: Record<string, string> = {
    node: process.version,
    processor: `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores`,
  };
  results.facts = facts;
  const query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
  facts.card = (await command("nvidia-smi", 20, "nvidia-smi", query))?.trim() ?? "none that nvidia-smi knows";
  const script =
    "import torch; print(torch.__version__, torch.version.cuda, 'cuda' if torch.cuda.is_available() else 'cpu')";
  const torch = await command("PyTorch", 60, process.env.SAENO_PYTHON ?? "python3", ["-c", script]);
  facts.pytorch = torch?.trim() ?? "none";
  const adapter = await node("adapter", 60, "gpu/dist/adapter.js");
  facts.adapter = adapter?.trim() ?? "none";
  save();
  if (torch === undefined) return undefined;
  return torch.trim().endsWith("cuda") ? "cuda" : "cpu";
}

function node(what: string, seconds: number, script: string, ...args: string[]): Promise<string | undefined> {
  return command(what, seconds, process.execPath, [program(script), ...args]);
}

/** What it printed, where it printed anything; what failed is noted. */
async function command(
  what: string,
  seconds: number,
  file: string,
  args: readonly string[],
): Promise<string | undefined> {
  if (seconds < 1) {
    results.failures.push(`${what}: no time was left`);
    return undefined;
  }
  const started = performance.now();
  log(`== ${what}\n`);
  const { output, failure }: Outcome = await runLimited(file, args, { seconds, log });
  log(`${output}== ${what}: ${failure ?? "done"}, ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  if (failure !== undefined) results.failures.push(`${what} ${failure}`);
  return output === "" ? undefined : output;
}

function log(text: string): void {
  process.stderr.write(text);
  appendFileSync(join(out, "log.txt"), text);
}

function save(): string {
  const text = report(results);
  writeFileSync(join(out, "report.md"), text);
  writeFileSync(join(out, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
  return text;
}

main().catch((error: unknown) => {
  console.error(SaenoError.isInstance(error) ? `gpu-kit: ${error.message}` : error);
  process.exitCode = 1;
});
