import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Grid, SaenoError, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { npyHeader } from "@saeno/datasets";
import { fileBytes } from "@saeno/datasets/node";
import { gridName, gridOf, type LoadedModel, loadModel, readEvaluation } from "@saeno/experiments";
import { folderStore, makeFolder, writeWhole } from "@saeno/experiments/node";
import { type CodeTable, decodeTable, modelHash, readCodeFile, sampleCount } from "@saeno/inspect";
import { functionsPng, type GridFunction } from "@saeno/report";
import { type Command, InvalidArgumentError } from "commander";
import { gridSizes } from "../flags/numbers.ts";
import { checkFree, filePath } from "../flags/paths.ts";
import { type RunFlags, runFlags } from "../flags/run-flags.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { sayBackend } from "../terminal/start-backend.ts";

interface DecodeFlags extends RunFlags {
  readonly grid?: readonly number[];
  readonly out?: string;
  readonly png?: string;
  readonly force?: boolean;
}

/** `saeno decode RUN CODES`: what codes stand for, on any grid. */
export function decodeCommand(program: Command): void {
  const command = program
    .command("decode")
    .summary("turn a file of codes back into samples, on any grid")
    .description(
      "Decodes a file of codes, as saeno encode writes them, with the model that made them: to an array, to pictures, or to both.\n" +
        "Codes that are maps are functions, which --grid decodes on a finer or coarser grid.",
    )
    .argument("<run>", "the run folder of the model that made the codes", filePath)
    .argument("<codes>", "a file of codes: .safetensors or .npz", filePath)
    .option("--grid <size>", "points on each axis, such as 112 or 112x96 (default: those of the codes)", gridSizes)
    .option("--out <file>", "write float32 [samples, ...grid, channels] to this .npy file", npyFile)
    .option("--png <folder>", "write a picture of each sample into this folder", filePath)
    .option("--force", "overwrite existing files");
  runFlags(command, "what was written")
    .addHelpText(
      "after",
      "\nOne channel is drawn in gray, or in red and blue if samples go well below zero; three are a color; with any other number, each has a row.\n" +
        "\nExamples:\n  saeno decode runs/digits codes.safetensors --out decoded.npy\n  saeno decode runs/digits codes.safetensors --grid 112 --png pictures",
    )
    .action(async (path: string, file: string, flags: DecodeFlags) => {
      const output = createOutput(flags);
      if (flags.out === undefined && flags.png === undefined)
        throw new SaenoError("decode.out", "Say where to write: --out FILE.npy, --png FOLDER, or both.");
      if (flags.out !== undefined) checkFree(flags.out, flags.force);
      const old = flags.png === undefined ? [] : await picturesIn(flags.png);
      if (old[0] !== undefined) checkFree(old[0], flags.force);
      await sayBackend(flags.backend, output);
      const loaded = await loadModel(folderStore, path);
      try {
        const source = await fileBytes(file);
        const { table } = await readCodeFile(source, { model: await modelHash(loaded.model) }).finally(() =>
          source.close?.(),
        );
        const grid = gridFor(loaded, table, flags.grid);
        await write(loaded, table, grid, flags, output);
        // A folder does not show samples of two files.
        const own = Array.from({ length: sampleCount(table) }, (_, i) => pictureFile(flags.png ?? "", i));
        for (const file of old) if (!own.includes(file)) await rm(file);
        const { channels } = loaded.model.dictionary;
        const samples = sampleCount(table);
        const places = [flags.out, flags.png].filter((place) => place !== undefined);
        output.result(
          { codes: file, samples, grid, channels, out: flags.out, png: flags.png },
          `${places.join(", ")}   ${samples} ${samples === 1 ? "sample" : "samples"}${grid.length === 0 ? "" : ` on a grid of ${gridName(grid)}`}, ${channels} ${channels === 1 ? "channel" : "channels"}`,
        );
      } finally {
        loaded.model.dispose();
      }
    });
}

export function npyFile(text: string): string {
  if (text.endsWith(".npy")) return filePath(text);
  throw new InvalidArgumentError("Name a file that ends in .npy.");
}

/** The grid that is asked for, or that of the codes. */
function gridFor({ model, record }: LoadedModel, table: CodeTable, asked: readonly number[] | undefined): Grid {
  const { domain, codes } = model.dictionary;
  if (domain === "vectors") return asked ?? [];
  // Codes without a place do not say on which grid they were made.
  const trained = Array.isArray(record.trainingGrid) ? record.trainingGrid.map(Number) : [];
  const own = codes === "maps" ? table.grid : trained;
  return asked === undefined ? own : gridOf("--grid", asked, own.length);
}

/** The samples are decoded once, some at a time, for both kinds of files. */
async function write(
  { model, path }: LoadedModel,
  table: CodeTable,
  grid: Grid,
  { out, png }: DecodeFlags,
  { progress: begin }: Output,
): Promise<void> {
  const { channels } = model.dictionary;
  const shape = [...grid, channels];
  const total = sampleCount(table);
  const evaluation = png === undefined ? undefined : await readEvaluation(folderStore, path);
  if (png !== undefined) await makeFolder(png);
  const progress = begin("decode", total);
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield npyHeader([total, ...shape]);
    for (let first = 0; first < total; ) {
      const count = Math.min(batchOn(model, table, grid), total - first);
      const chosen = Array.from({ length: count }, (_, i) => first + i);
      const values = await decodeTable(model, table, grid, chosen);
      for (const [i, sample] of (png === undefined ? [] : chosen).entries()) {
        const one = values.subarray(i * sizeOf(shape), (i + 1) * sizeOf(shape));
        const picture = functionsPng([asFunction(one, grid, channels, evaluation?.sampleShape)]);
        await writeWhole(pictureFile(png ?? "", sample), picture);
      }
      first += count;
      progress.update(first);
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  }
  try {
    if (out !== undefined) await writeWhole(out, bytes());
    else for await (const _ of bytes());
  } finally {
    progress.stop();
  }
}

/** The pictures in a folder, as this command writes them. */
async function picturesIn(folder: string): Promise<string[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  return names
    .filter((name) => /^sample-\d{5,}\.png$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function pictureFile(folder: string, sample: number): string {
  return join(folder, `sample-${String(sample).padStart(5, "0")}.png`);
}

/** Code entries, and values, that are on the device at once, at most. */
const batchEntries = 2 ** 24;

function batchOn({ dictionary }: SparseAutoencoder, table: CodeTable, grid: Grid): number {
  const points = Math.max(sizeOf(grid), sizeOf(table.grid));
  const entries = points * Math.max(dictionary.channels, dictionary.conceptCount);
  return Math.max(1, Math.min(64, Math.floor(batchEntries / entries)));
}

/** A sample as pictures show it; a vector that was a function as that function. */
export function asFunction(
  values: Float32Array,
  grid: Grid,
  channels: number,
  sampleShape: readonly number[] = [],
): GridFunction {
  if (grid.length > 0 || sampleShape.length < 2 || sizeOf(sampleShape) !== channels) return { values, grid, channels };
  return { values, grid: sampleShape.slice(0, -1), channels: sampleShape[sampleShape.length - 1] };
}
