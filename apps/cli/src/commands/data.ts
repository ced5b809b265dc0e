import { existsSync } from "node:fs";
import { SaenoError, useBackend } from "@saeno/backend";
import {
  type DatasetComponent,
  dataSourceUsage,
  encodeNpy,
  knownDatasets,
  openDataset,
  parseDataSource,
} from "@saeno/datasets";
import { gridName } from "@saeno/experiments";
import { writeWhole } from "@saeno/experiments/node";
import type { Command } from "commander";
import { positiveWhole, whole } from "../flags/numbers.ts";
import { createOutput } from "../terminal/output.ts";

interface DataFlags {
  readonly out: string;
  readonly grid?: string;
  readonly samples: number;
  readonly seed: number;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `saeno data SOURCE`: generated data, or any other, as a file for other programs. */
export function dataCommand(program: Command): void {
  program
    .command("data")
    .summary("write generated data to a .npy file")
    .description(
      `Writes data as float32 [samples, ...grid, channels]:\n${knownDatasets().map(dataLine).join("\n")}\n` +
        "Options follow a colon, as in saeno train --data.",
    )
    .argument("<source>", knownDatasets().map(dataSourceUsage).join(", "))
    .requiredOption("--out <file>", "the .npy file to write")
    .option("--grid <size>", "points on each axis, n or n1xn2; of vectors, their length")
    .option("--samples <n>", "how many samples", positiveWhole, 1000)
    .option("--seed <n>", "the same seed gives the same data", whole, 0)
    .option("--force", "write over a file that exists")
    .option("--json", "print what was written as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno data flow --grid 64 --samples 500 --out flow.npy\n  saeno data sparse-functions:32,channels=1,kernel=7 --out functions.npy",
    )
    .action(writeData);
}

async function writeData(source: string, { out, grid, samples, seed, force, ...flags }: DataFlags): Promise<void> {
  const output = createOutput(flags);
  if (existsSync(out) && !force) {
    const problem = `${out} exists already; nothing was changed. Name another file, or use --force.`;
    throw new SaenoError("data.exists", problem);
  }
  if (samples < 2) throw new SaenoError("data.samples", `--samples must be at least 2; got ${samples}.`);
  await useBackend("auto");
  const [kind, ...options] = source.split(":");
  const text = grid === undefined ? source : `${kind}:${[grid, ...options].join(",")}`;
  const parts = { limit: samples - 1, test: 1 };
  const { all } = await openDataset({ ...parseDataSource(text), ...parts }, { seed, reporter: output });
  const shape = [all.size, ...all.grid, all.channels];
  const values = await all.read(Int32Array.from({ length: all.size }, (_, i) => i));
  await writeWhole(out, encodeNpy({ values, shape }));
  output.result(
    { file: out, shape, dtype: "float32" },
    `${out}   ${all.size} samples, ${gridName(all.grid)}, ${all.channels} channels`,
  );
}

function dataLine({ kind, summary }: DatasetComponent): string {
  return `  ${kind.padEnd(18)} ${summary}`;
}
