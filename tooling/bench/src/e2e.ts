/** `pnpm bench:mnist DIR`: the README's MNIST run from data to report, and the same training in plain PyTorch, in turn. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { z } from "zod";
import { describeMachine } from "./machine.ts";
import { findPeerPython, relaxedSimdFlags } from "./runners.ts";

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const cli = file("../../../apps/cli/dist/main.js");
const script = file("../peer/e2e_mnist.py");

interface Run {
  readonly seconds: number;
  readonly relativeError: number;
}

const summarySchema = z.object({ relativeError: z.number() });
const peerSchema = z.object({ seconds: z.number(), relativeError: z.number() });

new Command("bench:mnist")
  .description(
    "Times the README's MNIST run: reading 10,000 digits, 500 steps of SAE-FNO with AuxK, scores of 1,000 held-out digits and, of saeno,\n" +
      "the report; then the same training and scores in plain PyTorch (SAENO_PYTHON names a Python that has it). Whole processes, in turn.",
  )
  .argument("<dir>", "a folder with the files of MNIST's test set")
  .option("--turns <n>", "how often each", "2")
  .action(async (dir: string, { turns }: { readonly turns: string }) => {
    const python = findPeerPython();
    const flags = await relaxedSimdFlags();
    const [saeno, peer]: [Run[], Run[]] = [[], []];
    for (let turn = 0; turn < Number(turns); turn++) {
      saeno.push(say("saeno", runSaeno(dir, flags)));
      if (python !== undefined) peer.push(say("PyTorch", runPeer(dir, python)));
    }
    const best = (runs: readonly Run[]) => Math.min(...runs.map(({ seconds }) => seconds));
    console.log(describeMachine(undefined));
    console.log(`saeno ${best(saeno).toFixed(1)} s, relative error ${saeno[0].relativeError.toFixed(3)}`);
    if (peer.length === 0) console.log("No Python with PyTorch was found: no ratio.");
    else {
      console.log(`PyTorch ${best(peer).toFixed(1)} s, relative error ${peer[0].relativeError.toFixed(3)}`);
      console.log(`ratio ${(best(peer) / best(saeno)).toFixed(1)}`);
    }
  })
  .parseAsync();

function runSaeno(dir: string, flags: readonly string[]): Run {
  const out = mkdtempSync(join(tmpdir(), "saeno-mnist-"));
  try {
    const settings = ["--data", `mnist:${dir}`, "--limit", "9000", "--model", "fno", "--modes", "14", "--steps", "500"];
    const started = performance.now();
    run(process.execPath, [...flags, cli, "train", ...settings, "--out", out, "--progress", "none"]);
    const seconds = (performance.now() - started) / 1000;
    const { relativeError } = summarySchema.parse(JSON.parse(readFileSync(join(out, "summary.json"), "utf8")));
    return { seconds, relativeError };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function runPeer(dir: string, python: string): Run {
  const started = performance.now();
  const output = run(python, [script, dir, String(availableParallelism())]);
  const { relativeError } = peerSchema.parse(JSON.parse(output.trim().split("\n").at(-1) ?? ""));
  return { seconds: (performance.now() - started) / 1000, relativeError };
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(command, args, { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  if (status !== 0) {
    console.error(`bench:mnist: ${command} ended with ${status}.`);
    process.exit(1);
  }
  return stdout;
}

function say(who: string, run: Run): Run {
  console.error(`${who}: ${run.seconds.toFixed(1)} s, relative error ${run.relativeError.toFixed(3)}`);
  return run;
}
