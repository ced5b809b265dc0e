/** `pnpm dead-concepts`: how many concepts are in use, and at what error, with each remedy for dead ones. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { type EnergyKind, SaenoError, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeFno } from "@saeno/core";
import { type Dataset, split, subset } from "@saeno/datasets";
import { imageFolder, mnist } from "@saeno/datasets/node";
import { evaluate } from "@saeno/metrics";
import { train } from "@saeno/training";
import { Command, InvalidArgumentError, Option } from "commander";
import { markdownTable } from "markdown-table";
import { type Remedy, remedies } from "./remedies.ts";

interface Flags {
  readonly data: string;
  readonly steps: number;
  readonly seeds: number;
  readonly energy: EnergyKind;
  readonly only?: string;
  readonly json?: boolean;
}

/** Data, and how sparse codes of it are. */
interface Setting {
  readonly name: string;
  readonly density: number;
  readonly train: Dataset;
  readonly test: Dataset;
}

interface Outcome {
  readonly setting: string;
  readonly remedy: string;
  readonly seed: number;
  readonly steps: number;
  /** Of held-out samples. */
  readonly relativeError: number;
  /** Concepts that are active in a held-out sample, and in more than one in a hundred. */
  readonly inUse: number;
  readonly often: number;
}

const concepts = 64;
const whole = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
};

new Command("dead-concepts")
  .description(
    "Trains SAE-FNO (64 concepts, 8 active, 14 modes) on MNIST at two densities and on photographs, with each remedy for dead\n" +
      "concepts, and prints how many concepts held-out samples use, and the relative error of their reconstruction.",
  )
  .option("--data <folder>", "a folder with mnist/ and bsds/", "../shared/data")
  .option("--steps <n>", "steps of each run", whole, 1000)
  .option("--seeds <n>", "runs of each kind", whole, 1)
  .addOption(
    new Option("--energy <kind>", "what makes a concept active")
      .choices(["kept", "rectified", "preactivation"])
      .default("kept"),
  )
  .option("--only <remedies>", `these, separated by commas: ${remedies.map(({ name }) => name).join("; ")}`)
  .option("--json", "print results as JSON on stdout")
  .allowExcessArguments(false)
  .action(async (flags: Flags) => {
    // Fused multiply-add in WebAssembly: behind this flag in Node 20 and 21.
    if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
    await useBackend(wasmBackend);
    const chosen = chooseRemedies(flags.only);
    const outcomes: Outcome[] = [];
    for (const setting of await settings(flags.data)) {
      const first = outcomes.length;
      for (const remedy of chosen) {
        for (let seed = 0; seed < flags.seeds; seed++) outcomes.push(await measure(setting, remedy, seed, flags));
      }
      if (!flags.json) process.stdout.write(`${table(setting.name, outcomes.slice(first))}\n\n`);
    }
    if (flags.json) process.stdout.write(`${JSON.stringify(outcomes, null, 2)}\n`);
  })
  .parseAsync()
  .then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`dead-concepts: ${SaenoError.isInstance(error) ? error.message : (error as Error).stack}\n`);
      process.exit(1);
    },
  );

function chooseRemedies(only: string | undefined): readonly Remedy[] {
  if (only === undefined) return remedies;
  const names = only.split(",").map((name) => name.trim());
  return remedies.filter(({ name }) => names.includes(name));
}

async function settings(folder: string): Promise<Setting[]> {
  const found: Setting[] = [];
  const [digits, photographs] = [join(folder, "mnist"), join(folder, "bsds")];
  if (existsSync(digits)) {
    const { train: samples, test } = split(await mnist({ directory: digits }), { test: 1000 });
    for (const density of [0.005, 0.04])
      found.push({ name: `MNIST, density ${density}`, density, train: samples, test });
  } else {
    process.stderr.write(`There is no ${digits}: MNIST is left out.\n`);
  }
  if (existsSync(photographs)) {
    const { train: samples, test } = await imageFolder({
      directory: photographs,
      crop: 64,
      count: 2000,
      testCount: 200,
      seed: 0,
    });
    found.push({
      name: "photographs, whitened, density 0.04",
      density: 0.04,
      train: samples,
      test: subset(test, { start: 0, end: 200 }),
    });
  } else {
    process.stderr.write(`There is no ${photographs}: photographs are left out.\n`);
  }
  return found;
}

async function measure(setting: Setting, remedy: Remedy, seed: number, { steps, energy }: Flags): Promise<Outcome> {
  const sparsity = { name: "map-sparsity", concepts: 8, domain: { density: setting.density }, energy };
  const activation = remedy.balanced ? { name: "balanced", conceptCount: concepts, activation: sparsity } : sparsity;
  const model = saeFno({ channels: 1, concepts, active: 8, modes: [14, 14], activation, seed });
  const label = `${setting.name}, ${remedy.name}, seed ${seed}`;
  await train({
    model,
    dataset: setting.train,
    steps,
    batchSize: 48,
    learningRate: 0.01,
    seed,
    ...remedy.options,
    onStep({ step, relativeError, deadConcepts }) {
      if (process.stderr.isTTY && step % 10 === 0) {
        process.stderr.write(
          `\r${label}: step ${step} of ${steps}, error ${relativeError.toFixed(3)}, ${deadConcepts} dead  `,
        );
      }
    },
  });
  const { relativeError, utilisation } = await evaluate(model, setting.test);
  model.dispose();
  const used = (share: number) => Array.from(utilisation).filter((u) => u > share).length;
  process.stderr.write(`\r${label}: ${relativeError.toFixed(4)}, ${used(0)} in use${" ".repeat(30)}\n`);
  return { setting: setting.name, remedy: remedy.name, seed, steps, relativeError, inUse: used(0), often: used(0.01) };
}

function table(name: string, outcomes: readonly Outcome[]): string {
  const rows = [...new Set(outcomes.map(({ remedy }) => remedy))].map((remedy) => {
    const own = outcomes.filter((outcome) => outcome.remedy === remedy);
    const listed = (values: readonly (string | number)[]) => values.join(" ");
    return [
      remedy,
      listed(own.map(({ relativeError }) => relativeError.toFixed(4))),
      listed(own.map(({ inUse }) => inUse)),
      listed(own.map(({ often }) => often)),
    ];
  });
  const heading = [
    `${name}, ${outcomes[0]?.steps} steps`,
    "relative error",
    `in use of ${concepts}`,
    "in > 1 % of samples",
  ];
  return markdownTable([heading, ...rows], { align: ["l", "r", "r", "r"] });
}
