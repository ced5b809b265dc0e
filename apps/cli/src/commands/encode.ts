import type { DataPart } from "@saeno/datasets";
import { gridName } from "@saeno/experiments";
import { writeWhole } from "@saeno/experiments/node";
import { encodeCodeFile, encodeDataset, modelHash } from "@saeno/inspect";
import { type Command, InvalidArgumentError } from "commander";
import { checkFree, filePath } from "../flags/paths.ts";
import { type RunFlags, runFlags } from "../flags/run-flags.ts";
import { createOutput } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";
import { openSamples, sampleFlags } from "./run-samples.ts";

interface EncodeFlags extends RunFlags {
  readonly split?: DataPart;
  readonly out: string;
  readonly dense?: boolean;
  readonly force?: boolean;
}

/** `saeno encode RUN`: codes as a file. */
export function encodeCommand(program: Command): void {
  const command = program
    .command("encode")
    .summary("write the codes of samples to a file")
    .description(
      "Writes the codes of samples to a file that other programs read, with the hash of the model that made them.\n" +
        "Maps are stored as the sample, concept, position and value of every nonzero entry, scalar codes as compressed sparse\n" +
        "rows (indptr, indices, data); with --dense, either is one array, `codes`. docs/run-folder.md describes the format; saeno decode reads it.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .requiredOption("--out <file>", "the file to write; its ending says how: .safetensors or .npz", codeFile)
    .option("--dense", "all entries, including zeros")
    .option("--force", "overwrite an existing file");
  runFlags(command, "what was written");
  const given = sampleFlags(command);
  command.addHelpText(
    "after",
    "\nExamples:\n  saeno encode runs/digits --out codes.safetensors\n  saeno encode runs/digits --split all --out codes.npz\n  saeno encode runs/digits --data npy:more.npy --dense --out codes.npz",
  );
  command.action(async (path: string, flags: EncodeFlags) => {
    const { out, dense = false } = flags;
    const output = createOutput(flags);
    checkFree(out, flags.force);
    await sayBackend(flags.backend, output);
    const { run, dataset } = await openSamples(path, { settings: given(), split: flags.split, reporter: output });
    try {
      const progress = output.progress("encode", dataset.size);
      const table = await encodeDataset(run.model, dataset, { onProgress: (done) => progress.update(done) }).finally(
        () => progress.stop(),
      );
      const model = await modelHash(run.model);
      const format = out.endsWith(".npz") ? "npz" : "safetensors";
      await writeWhole(out, await encodeCodeFile(table, { format, dense, model }));
      const { grid, conceptCount } = table;
      const written = { file: out, data: dataset.name, samples: dataset.size, grid, concepts: conceptCount };
      const entries = table.values.length;
      output.result(
        { ...written, entries, model },
        `${out}   ${dataset.name}: ${grid.length === 0 ? "" : `a grid of ${gridName(grid)}, `}${conceptCount} concepts, ${entries} entries that are not zero`,
      );
    } finally {
      run.model.dispose();
      await dataset.close?.();
    }
  });
}

function codeFile(text: string): string {
  if (/\.(safetensors|npz)$/.test(text)) return filePath(text);
  throw new InvalidArgumentError("Name a file that ends in .safetensors or .npz.");
}
