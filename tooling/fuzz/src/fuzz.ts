/** `pnpm fuzz`: damaged files for every reader, many of them, and what came of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { guardAllocations } from "./engine/allocations.ts";
import { faultLines, tallyTable } from "./engine/fault-report.ts";
import { planJobs } from "./engine/plan-jobs.ts";
import { inputOf, runInput } from "./engine/run-input.ts";
import { supervise } from "./engine/supervise.ts";
import type { FuzzInput, FuzzTarget } from "./target.ts";
import { fuzzTargets } from "./targets/targets.ts";

interface Flags {
  readonly inputs: number;
  readonly seed: number;
  readonly only: readonly FuzzTarget[];
  readonly input?: number;
  readonly out?: string;
  readonly jobs: number;
  readonly limit: number;
  readonly json?: boolean;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
const names = fuzzTargets.map(({ name }) => name).join(", ");

new Command("fuzz")
  .description(
    "Gives damaged files to every reader. Nothing may crash, hang, take memory that the file does not justify, or be read as what it is not;\n" +
      "every error must be ours and name the file. Prints a table; exits with 1 where something is wrong, and says how to see it again.",
  )
  .option("--inputs <n>", "inputs in all, shared out among targets", whole, 100_000)
  .option("--seed <n>", "of all that is random", seedOf, 0)
  .option("--only <targets>", `these, separated by commas: ${names}`, chosen, fuzzTargets)
  .option("--input <n>", "read one input of one target again, and print it", seedOf)
  .option("--out <folder>", "write the files of that input there")
  .option("--jobs <n>", "processes at a time", whole, availableParallelism())
  .option("--limit <seconds>", "an input that takes longer hangs", whole, 20)
  .option("--json", "print what came of it as JSON on stdout")
  .allowExcessArguments(false)
  .action(fuzz)
  .parseAsync()
  .then(
    () => process.exit(process.exitCode ?? 0),
    (error: unknown) => {
      say(`fuzz: ${error instanceof Error ? error.message : error}`);
      process.exit(1);
    },
  );

async function fuzz(flags: Flags): Promise<void> {
  if (flags.input !== undefined) return replay(flags, flags.input);
  const begin = performance.now();
  const { inputs, seed, only, jobs, limit, json } = flags;
  const tallies = await supervise(planJobs(only, inputs, seed), {
    jobs,
    limitSeconds: limit,
    program: new URL("./fuzz-child.js", import.meta.url),
    onProgress: (done) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${done.toLocaleString("en-US")} inputs `);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r");
  const ordered = new Map(
    only
      .flatMap(({ name }) => [[name, tallies.get(name)]] as const)
      .flatMap(([name, tally]) => (tally === undefined ? [] : [[name, tally]])),
  );
  const lines = faultLines(ordered, seed);
  if (json) process.stdout.write(`${JSON.stringify(Object.fromEntries(ordered), null, 2)}\n`);
  else process.stdout.write(`${tallyTable(ordered)}\n`);
  for (const line of lines) say(line);
  say(
    `${((performance.now() - begin) / 1000).toFixed(0)} s, seed ${seed}: ${lines.length === 0 ? "no faults" : "there are faults"}`,
  );
  if (lines.length > 0) process.exitCode = 1;
}

async function replay({ only, seed, out }: Flags, number: number): Promise<void> {
  const [target] = only;
  if (only.length !== 1) throw new Error("--input is a number of one target: name it with --only.");
  const prepared = await target.prepare();
  const input = inputOf(prepared, target, seed, number);
  print(input);
  if (out !== undefined) writeFiles(input, out);
  const guard = guardAllocations();
  const { arrayMb } = target;
  const outcome = await runInput(input, number < prepared.whole.length, { guard, arrayMb });
  const { accepted, error, faults, ms } = outcome;
  say(`\n${accepted ? "accepted" : "refused"} in ${ms.toFixed(1)} ms`);
  if (error !== undefined) say(error instanceof Error ? String(error.stack) : String(error));
  for (const fault of faults) say(`fault: ${fault}`);
  await prepared.close?.();
  if (faults.length > 0) process.exitCode = 1;
}

/** The files of an input: text as it is, bytes in hexadecimal, the beginning of either. */
function print({ files, changes }: FuzzInput): void {
  say(changes.length === 0 ? "a whole file" : changes.join("\n"));
  for (const [name, content] of Object.entries(files)) {
    say(`\n${name}, ${content.length} ${typeof content === "string" ? "characters" : "bytes"}`);
    if (typeof content === "string") say(content.slice(0, 4000));
    else say(hexadecimal(content.subarray(0, 1024)));
  }
}

function hexadecimal(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const digits = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = Array.from(row, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${digits.padEnd(48)} ${letters}`);
  }
  return lines.join("\n");
}

function writeFiles({ files }: FuzzInput, folder: string): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

function chosen(text: string): readonly FuzzTarget[] {
  return text.split(",").map((part) => {
    const found = fuzzTargets.find(({ name }) => name === part.trim());
    if (found === undefined) throw new InvalidArgumentError(`There is no "${part.trim()}". Known: ${names}.`);
    return found;
  });
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

function seedOf(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("Give a whole number of at least 0.");
  return value;
}
