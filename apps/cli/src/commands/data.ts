import { rename, stat, writeFile } from "node:fs/promises";
import { SaenoError, useBackend } from "@saeno/backend";
import { encodeNpy } from "@saeno/datasets";
import { gridName, openData } from "@saeno/experiments";
import { type Command, InvalidArgumentError } from "commander";
import { createOutput } from "../output.ts";
import { whole } from "../training-options.ts";

const generators = ["flow", "sparse-functions", "sparse-vectors"];

/** `saeno data GENERATOR`: generated data as a file for other programs. */
export function dataCommand(program: Command): void {
  program
    .command("data")
    .summary("write generated data to a .npy file")
    .description(
      "Writes generated data as float32 [samples, ...grid, channels]:\n" +
        "  flow               vorticity of two-dimensional flow on the periodic unit square, from a pseudo-spectral simulation\n" +
        "  sparse-functions   sums of a few kernels at sparse places: a generative model whose dictionary is known\n" +
        "  sparse-vectors     sums of a few vectors, likewise\n" +
        "Parameters follow a colon, as in saeno train --data.",
    )
    .argument("<generator>", generators.join(", "), (text: string) => {
      if (!generators.includes(text.split(":")[0] ?? ""))
        throw new InvalidArgumentError(`Choose one of ${generators.join(", ")}.`);
      return text;
    })
    .requiredOption("--out <file>", "the .npy file to write")
    .option("--grid <size>", "points on each axis, n or n1xn2; of vectors, their length")
    .option("--samples <n>", "how many samples", whole, 1000)
    .option("--seed <n>", "the same seed gives the same data", whole, 0)
    .option("--force", "write over a file that exists")
    .option("--json", "print what was written as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  saeno data flow --grid 64 --samples 500 --out flow.npy\n  saeno data sparse-functions:32,channels=1,kernel=7 --out functions.npy",
    )
    .action(
      async (
        generator: string,
        flags: { out: string; grid?: string; samples: number; seed: number; force?: boolean; json?: boolean },
      ) => {
        const output = createOutput(flags.json === true);
        const taken = await stat(flags.out).then(
          () => true,
          () => false,
        );
        if (taken && flags.force !== true)
          throw new SaenoError(
            "data.exists",
            `${flags.out} exists already; nothing was changed. Name another file, or use --force.`,
          );
        if (flags.samples < 2) throw new SaenoError("data.samples", `--samples is at least 2; got ${flags.samples}.`);
        await useBackend("auto");
        const [kind, ...parameters] = generator.split(":");
        const data = flags.grid === undefined ? generator : `${kind}:${[flags.grid, ...parameters].join(",")}`;
        const settings = {
          data,
          limit: flags.samples - 1,
          test: 1,
          crop: 64,
          color: false,
          whiten: true,
          seed: flags.seed,
        };
        const { all } = await openData(settings, output);
        const shape = [all.size, ...all.grid, all.channels];
        const values = await all.read(Int32Array.from({ length: all.size }, (_, i) => i));
        await writeFile(`${flags.out}.partial`, encodeNpy({ values, shape })).catch((cause: Error) => {
          throw new SaenoError("data.out", `${flags.out} cannot be written: ${cause.message}.`, { cause });
        });
        await rename(`${flags.out}.partial`, flags.out);
        output.result(
          { file: flags.out, shape, dtype: "float32" },
          `${flags.out}   ${all.size} samples, ${gridName(all.grid)}, ${all.channels} channels`,
        );
      },
    );
}
