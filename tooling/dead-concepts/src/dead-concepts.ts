/** `pnpm dead-concepts`: how many concepts are in use, and at what error, with each remedy for dead ones. */
import { setFlagsFromString } from "node:v8";
import { type EnergyKind, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { Command, InvalidArgumentError, Option } from "commander";
import { measureRemedy, type RemedyOutcome } from "./measure-remedy.ts";
import { type Remedy, remedies } from "./remedies.ts";
import { remedySettings } from "./remedy-settings.ts";
import { remedyTable } from "./remedy-table.ts";

interface Flags {
  readonly data: string;
  readonly steps: number;
  readonly seeds: number;
  readonly learningRate?: number;
  readonly energy: EnergyKind;
  readonly only: readonly Remedy[];
  readonly setting?: string;
  readonly json?: boolean;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

new Command("dead-concepts")
  .description(
    "Trains SAE-FNO (64 concepts, 8 active, 14 modes, batches of 48) on MNIST at two densities and on photographs, and SAE-MLP (512\n" +
      "concepts, 16 active) on MNIST, with each remedy for dead concepts. Prints the relative error of held-out samples and how many concepts they use. Progress on stderr.",
  )
  .option("--data <folder>", "a folder with mnist/ and bsds/", "../shared/data")
  .option("--steps <n>", "steps of each run", whole, 1000)
  .option("--seeds <n>", "runs of each kind, with seeds 0, 1, ..", whole, 1)
  .option("--learning-rate <rate>", "of each run (default: 0.01, of vectors 0.003)", positive)
  .addOption(
    new Option("--energy <kind>", "what makes a map worth keeping")
      .choices(["kept", "rectified", "preactivation"])
      .default("kept"),
  )
  .addOption(
    new Option("--only <remedies>", `these, separated by commas: ${names(remedies)}`)
      .argParser(chosen)
      .default(remedies, "all"),
  )
  .option("--setting <text>", 'only settings whose name has this in it, such as "0.005"')
  .option("--json", "print results as JSON on stdout")
  .allowExcessArguments(false)
  .action(deadConcepts)
  .parseAsync()
  .then(
    () => process.exit(0),
    (error: unknown) => {
      say(`dead-concepts: ${SaenoError.isInstance(error) ? error.message : (error as Error).stack}`);
      process.exit(1);
    },
  );

async function deadConcepts(flags: Flags): Promise<void> {
  const { data, steps, seeds, learningRate, energy, only, setting: part = "", json } = flags;
  // Fused multiply-add in WebAssembly: behind this flag in Node 20 and 21.
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
  await useBackend(wasmBackend);
  const outcomes: RemedyOutcome[] = [];
  for (const setting of await remedySettings(data, say)) {
    if (!setting.name.includes(part)) continue;
    const first = outcomes.length;
    for (const remedy of only) {
      for (let seed = 0; seed < seeds; seed++) {
        const label = `${setting.name}, ${remedy.name}, seed ${seed}`;
        const run = { steps, energy, seed, learningRate: learningRate ?? setting.learningRate };
        const outcome = await measureRemedy(setting, remedy, run, (record) => {
          if (!process.stderr.isTTY || record.step % 10 !== 0) return;
          const { step, relativeError, deadConcepts: dead } = record;
          process.stderr.write(
            `\r${label}: step ${step} of ${steps}, error ${relativeError.toFixed(3)}, ${dead} dead  `,
          );
        });
        const { relativeError, inUse, seconds } = outcome;
        if (process.stderr.isTTY) process.stderr.write("\r");
        say(`${label}: ${relativeError.toFixed(4)}, ${inUse} in use, ${seconds.toFixed(0)} s`);
        outcomes.push(outcome);
      }
    }
    if (!json) process.stdout.write(`${remedyTable(outcomes.slice(first))}\n\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
}

function names(some: readonly Remedy[]): string {
  return some.map(({ name }) => name).join(", ");
}

function chosen(text: string): readonly Remedy[] {
  return text.split(",").map((part) => {
    const found = remedies.find(({ name }) => name === part.trim());
    if (found === undefined) throw new InvalidArgumentError(`There is no "${part.trim()}". Known: ${names(remedies)}.`);
    return found;
  });
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("Give a number above 0.");
  return value;
}
