import { existsSync } from "node:fs";
import { join } from "node:path";
import { SaenoError, useBackend } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { parseSafetensors } from "@saeno/datasets";
import { conceptNames, type LoadedModel, loadModel } from "@saeno/experiments";
import { folderStore, makeFolder, writeWhole } from "@saeno/experiments/node";
import { saelensMetadata, type WriteSaelensOptions, writeLi, writeNeuralop, writeSaelens } from "@saeno/interop";
import { type Command, InvalidArgumentError, Option } from "commander";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { textTable } from "../terminal/text-table.ts";

const formats = ["saelens", "neuralop", "li"] as const;
type ExportFormat = (typeof formats)[number];
const types = ["float32", "float64", "float16", "bfloat16"] as const;

interface ExportFlags {
  readonly format: ExportFormat;
  readonly out: string;
  readonly dtype?: (typeof types)[number];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `saeno export RUN`: a trained model as files of another library. */
export function exportCommand(program: Command): void {
  program
    .command("export")
    .summary("write a run's model as files of SAELens, neuralop or the FNO of Li et al.")
    .description(
      "Writes the model of a run folder for another library, and says how to load it:\n" +
        "  saelens    models of vectors (--model mlp) with a shallow encoder and topk,\n" +
        "             batchtopk, relu or jumprelu: cfg.json, sae_weights.safetensors.\n" +
        "             Codes and reconstructions are the same there\n" +
        "  neuralop   models of functions (--model fno): spectral weights of decoder\n" +
        "             and encoder for SpectralConv, and biases: neuralop.safetensors,\n" +
        "             and neuralop.json, which says what they are\n" +
        "  li         the same for the FNO of Li et al. (weights1 ..)\n" +
        "Names of concepts (saeno name) are in the JSON file: concept_names of its metadata for saelens, else conceptNames.\n" +
        "Every model is in the run folder's own model.safetensors, under saeno's names.",
    )
    .argument("<run>", "a run folder, made by saeno train or saeno import", filePath)
    .addOption(new Option("--format <library>", "what to write").choices(formats).makeOptionMandatory())
    .requiredOption("--out <folder>", "the folder to write the two files to; made if it is missing", filePath)
    .addOption(new Option("--dtype <type>", "saelens: type of the weights (default: float32)").choices(types))
    .option(
      "--metadata <key=value>",
      "saelens: what cfg.json says of the model's origin, such as hook_name=blocks.8.hook_resid_pre; may be repeated",
      withEntry,
    )
    .option("--force", "overwrite existing files")
    .option("--json", "print what was written as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  saeno export runs/sae --format saelens --out sae --metadata model_name=gpt2-small
  saeno export runs/digits --format neuralop --out digits-neuralop`,
    )
    .action(async (path: string, flags: ExportFlags) => {
      const output = createOutput(flags);
      checkFlags(flags);
      const names = fileNames(flags.format);
      const taken = [names.config, names.weights].map((name) => join(flags.out, name)).find((file) => existsSync(file));
      if (taken !== undefined && flags.force !== true)
        throw new SaenoError(
          "export.exists",
          `${taken} exists already; nothing was changed. Name another folder, or use --force.`,
        );
      await useBackend("cpu");
      const loaded = await loadModel(folderStore, path);
      try {
        const { config, weights } = await written(loaded, flags, await namesOf(path));
        const files = { [names.config]: `${JSON.stringify(config, null, 2)}\n`, [names.weights]: weights };
        await writeFiles(flags.out, files);
        const { tensors } = parseSafetensors(weights, names.weights);
        const list = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
        const python = pythonFor(flags, config);
        const { conceptCount, channels } = loaded.model.dictionary;
        const document = {
          format: flags.format,
          folder: flags.out,
          files: Object.entries(files).map(([name, content]) => ({ name, bytes: Buffer.byteLength(content) })),
          concepts: conceptCount,
          channels,
          tensors: list,
          python,
        };
        output.result(document, describe(document));
      } finally {
        loaded.model.dispose();
      }
    });
}

/** Collects `key=value`, the value as JSON where it is some. */
function withEntry(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("Write key=value.");
  return { ...before, [key]: jsonOrText(value) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function checkFlags({ format, dtype, metadata }: ExportFlags): void {
  const given = dtype !== undefined ? "--dtype" : metadata !== undefined ? "--metadata" : undefined;
  if (given === undefined || format === "saelens") return;
  throw new SaenoError("export.flag", `${given} goes with --format saelens; ${format} is written as float32.`);
}

function fileNames(format: ExportFormat): { readonly config: string; readonly weights: string } {
  if (format === "saelens") return { config: "cfg.json", weights: "sae_weights.safetensors" };
  return { config: `${format}.json`, weights: `${format}.safetensors` };
}

interface Written {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Uint8Array;
}

/** What people call the concepts, by their numbers; nothing where none has a name. */
async function namesOf(path: string): Promise<Readonly<Record<string, string>> | undefined> {
  const names = await conceptNames(folderStore, path);
  return names.size === 0 ? undefined : Object.fromEntries(names);
}

async function written(
  loaded: LoadedModel,
  flags: ExportFlags,
  names: Readonly<Record<string, string>> | undefined,
): Promise<Written> {
  const { model, path } = loaded;
  const named = ({ config, weights }: Written) => ({
    weights,
    config: names === undefined ? config : { ...config, conceptNames: names },
  });
  try {
    switch (flags.format) {
      case "saelens":
        return await writeSaelens(model, saelensOptions(loaded, flags, names));
      case "neuralop":
        return named(await writeNeuralop(model));
      case "li":
        return named(await writeLi(model));
      default:
        throw flags.format satisfies never;
    }
  } catch (error) {
    if (!SaenoError.isInstance(error)) throw error;
    throw new SaenoError(
      error.code,
      `${path} cannot be written as ${flags.format}: ${error.message}${advice(model, flags.format)}`,
      {
        kind: error.kind,
        cause: error,
      },
    );
  }
}

/** What else could be done with a model that a format cannot hold. */
function advice({ dictionary }: SparseAutoencoder, format: ExportFormat): string {
  if (dictionary.bandLimit !== undefined && format === "saelens") return " Try --format neuralop or li.";
  if (dictionary.domain === "vectors" && format !== "saelens") return " Models of vectors go to --format saelens.";
  return " The run folder's model.safetensors holds all of it, under saeno's names.";
}

/** Metadata of the flags, over the names of concepts and what an imported model brought along. */
function saelensOptions(
  { record }: LoadedModel,
  { dtype, metadata }: ExportFlags,
  names: Readonly<Record<string, string>> | undefined,
): WriteSaelensOptions {
  const imported = record.imported as { readonly format?: unknown; readonly config?: unknown } | undefined;
  const origin = imported?.format === "saelens" ? saelensMetadata(imported.config) : {};
  const named = names === undefined ? {} : { concept_names: names };
  return { metadata: { ...origin, ...named, ...metadata }, ...(dtype === undefined ? {} : { dtype }) };
}

async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await makeFolder(folder);
  for (const [name, content] of Object.entries(files)) await writeWhole(join(folder, name), content);
}

/** How the peer loads what was written. */
function pythonFor({ format, out }: ExportFlags, config: Readonly<Record<string, unknown>>): string[] {
  if (format === "saelens") return [`from sae_lens import SAE; sae = SAE.load_from_disk(${JSON.stringify(out)})`];
  const { modes, concepts, channels } = config as { modes: readonly number[]; concepts: number; channels: number };
  const load = `from safetensors.torch import load_file; state = load_file(${JSON.stringify(join(out, `${format}.safetensors`))})`;
  if (format === "neuralop")
    return [
      load,
      `decoder = SpectralConv(${concepts}, ${channels}, n_modes=(${modes.join(", ")}${modes.length === 1 ? "," : ""}), bias=False)`,
      'decoder.weight.tensor.data.copy_(torch.view_as_complex(state["decoder.weight"]))',
    ];
  return [
    load,
    `decoder = SpectralConv${modes.length}d(${concepts}, ${channels}, ${modes.join(", ")})`,
    'for name in dict(decoder.named_parameters()): getattr(decoder, name).data = torch.view_as_complex(state["decoder." + name])',
  ];
}

interface ExportDocument {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  readonly python: readonly string[];
}

function describe({ folder, files, tensors, python }: ExportDocument): string {
  const table = textTable([
    ["tensor", "type", "shape"],
    ...tensors.map(({ name, dtype, shape }) => [name, dtype, shape.join(" x ")]),
  ]);
  const list = files.map(({ name, bytes }) => `${join(folder, name)}   ${sizeText(bytes)}`).join("\n");
  return `${table}\n\n${list}\n\nin Python:\n${python.map((line) => `  ${line}`).join("\n")}`;
}

function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
}
