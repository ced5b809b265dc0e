import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseJson, SaenoError, useBackend } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { fileBytes } from "@saeno/datasets/node";
import { flagOf, jsonOf, runExists, runModelOf, saenoVersion } from "@saeno/experiments";
import { folderStore, nextFreeFolder } from "@saeno/experiments/node";
import { type PeerModel, readDictionaryLearning, readSaelens, readSparsify } from "@saeno/interop";
import { modelPieces } from "@saeno/training";
import { type Command, InvalidArgumentError } from "commander";
import { positive } from "../flags/numbers.ts";
import { filePath } from "../flags/paths.ts";
import { createOutput } from "../terminal/output.ts";
import { findPeerFiles, type PeerFiles, type PeerFormat, peerFormats } from "./import-files.ts";

/** What a reader may be told, by the flag of the same name. */
interface ReadFlags {
  readonly ignore?: readonly string[];
  readonly inputScale?: number;
  readonly inputsNormalized?: true;
  readonly useThreshold?: true;
  readonly unitAtoms?: true;
}

interface ImportFlags extends ReadFlags {
  readonly format?: PeerFormat;
  readonly out?: string;
  readonly json?: boolean;
}

/** `saeno import PATH`: a model of another library to a run folder. */
export function importCommand(program: Command): void {
  program
    .command("import")
    .summary("make a run folder from a model of SAELens, sparsify or dictionary_learning")
    .description(
      "Reads a sparse autoencoder that another library trained and writes a run folder\n" +
        "with it, for saeno eval, report and export:\n" +
        "  saelens               cfg.json, sae_weights.safetensors, of any version\n" +
        "  sparsify              cfg.json, sae.safetensors\n" +
        "  dictionary-learning   config.json, ae.safetensors converted from ae.pt\n" +
        "Codes and reconstructions are those of the library; models that would compute\n" +
        "something else here are refused. Pickles (.pt, .bin, .ckpt) are never loaded:\n" +
        "the error says how to convert one.",
    )
    .argument("<path>", "the folder with both files, or one of the files", filePath)
    .option("--format <library>", `${peerFormats.join(", ")} (default: recognized by the files)`, peerFormat)
    .option("--out <run>", "the run folder to make (default: runs/<library>-<folder>-<number>)", filePath)
    .option("--unit-atoms", "scale atoms to unit norm, and codes accordingly; outputs stay")
    .option(
      "--input-scale <s>",
      "saelens, inputs of expected_average_only_in: what they are multiplied by, sqrt(d_in) over their mean norm (default: that of activation_scaler.json, if it is there)",
      positive,
    )
    .option(
      "--inputs-normalized",
      "saelens: samples will be normalized as the model expects them; read the weights as they are",
    )
    .option(
      "--use-threshold",
      "dictionary-learning, AutoEncoderTopK: keep what is above its threshold, not the k largest",
    )
    .option(
      "--ignore <tensor>",
      "skip an unknown tensor; may be repeated. Unknown tensors are an error otherwise, because they might matter",
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option("--json", "print what was read as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  saeno import gpt2-small-res-jb/blocks.8.hook_resid_pre --out runs/gpt2
  saeno eval runs/gpt2 --data npy:activations.npy
  saeno import pythia-sae/layers.3 --format sparsify`,
    )
    .action(async (path: string, flags: ImportFlags) => {
      const output = createOutput(flags);
      const files = findPeerFiles(path, flags.format);
      const options = optionsFor(files, flags);
      await useBackend("cpu");
      const model = await read(files, options);
      try {
        const run = await writeModel(files, options, model, flags.out);
        const described = await describe(model);
        const { concepts, inputs, activation, atomNorms } = described;
        const norms = `${atomNorms.smallest.toPrecision(4)} to ${atomNorms.largest.toPrecision(4)}`;
        output.result(
          { run, format: files.format, from: files.folder, ...described },
          `${files.format}: ${concepts} concepts of vectors of ${inputs} numbers, ${activation}; norms of atoms ${norms}\n\n` +
            `run folder   ${run}\nevaluate     saeno eval ${run} --data npy:FILE`,
        );
      } finally {
        model.dispose();
      }
    });
}

function peerFormat(text: string): PeerFormat {
  const known = peerFormats.find((format) => format === text);
  if (known !== undefined) return known;
  if (text === "neuralop" || text === "li")
    throw new InvalidArgumentError(
      "Spectral weights are an operator, not an autoencoder: they have no activation. Make a dictionary of them with fourierFromNeuralop or fourierFromLi of @saeno/interop.",
    );
  throw new InvalidArgumentError(`Choose ${peerFormats.join(", ")}.`);
}

/** @throws SaenoError `import.flag` for a flag that does not apply to the library. */
function optionsFor({ format, folder }: PeerFiles, flags: ImportFlags): ReadFlags {
  const { ignore, inputScale, inputsNormalized, useThreshold, unitAtoms } = flags;
  const misplaced =
    format !== "saelens" && (inputScale !== undefined || inputsNormalized)
      ? "--input-scale and --inputs-normalized go with saelens"
      : format !== "dictionary-learning" && useThreshold
        ? "--use-threshold goes with dictionary-learning"
        : undefined;
  if (misplaced !== undefined) throw new SaenoError("import.flag", `${misplaced}; ${folder} is of ${format}.`);
  const scale = inputScale ?? (format === "saelens" ? scaleBeside(folder) : undefined);
  return {
    ...(ignore === undefined ? {} : { ignore }),
    ...(scale === undefined ? {} : { inputScale: scale }),
    ...(inputsNormalized && { inputsNormalized }),
    ...(useThreshold && { useThreshold }),
    ...(unitAtoms && { unitAtoms }),
  };
}

/** What a checkpoint of SAELens keeps of the scale of its inputs. */
function scaleBeside(folder: string): number | undefined {
  const file = join(folder, "activation_scaler.json");
  if (!existsSync(file)) return undefined;
  const scaler = parseJson(readFileSync(file), file);
  const factor = typeof scaler === "object" && scaler !== null && "scaling_factor" in scaler && scaler.scaling_factor;
  return typeof factor === "number" ? factor : undefined;
}

async function read({ format, config, weightsFile: name }: PeerFiles, options: ReadFlags): Promise<SparseAutoencoder> {
  const weights = await fileBytes(name);
  try {
    return await readers[format]({ config, weights, name }, options);
  } catch (error) {
    if (!SaenoError.isInstance(error)) throw error;
    throw new SaenoError(error.code, inFlags(error.message), { kind: error.kind, cause: error });
  } finally {
    await weights.close?.();
  }
}

const readers: Readonly<Record<PeerFormat, (model: PeerModel, options: ReadFlags) => Promise<SparseAutoencoder>>> = {
  saelens: readSaelens,
  sparsify: readSparsify,
  "dictionary-learning": readDictionaryLearning,
};

/** The options of readers under the names they have on the command line. */
function inFlags(message: string): string {
  const list = /\bignore: (\[(?:"(?:[^"\\]|\\.)*",?)*\])/g;
  const names = /\b(inputScale|inputsNormalized|unitAtoms|useThreshold)\b(: true)?/g;
  return message
    .replaceAll(list, (_, tensors: string) => ignoreFlags(JSON.parse(tensors)))
    .replaceAll(names, (_, name: string) => `--${flagOf(name)}`);
}

/** Names as a shell takes them. */
function ignoreFlags(tensors: readonly string[]): string {
  return tensors
    .map((name) => `--ignore ${/^[\w./-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`}`)
    .join(" ");
}

async function writeModel(
  { format, folder, config }: PeerFiles,
  options: ReadFlags,
  model: SparseAutoencoder,
  out: string | undefined,
): Promise<string> {
  const stem = basename(resolve(folder)).replaceAll(/[^\w.]+/g, "-");
  const place = out ?? nextFreeFolder(`runs/${format}-${stem}`);
  const modelConfig = model.toConfig();
  const record = {
    saeno: saenoVersion,
    imported: { format, from: folder, options, config },
    model: runModelOf(modelConfig),
    channels: model.dictionary.channels,
    modelConfig,
  };
  if (await folderStore.has(place)) throw runExists(place);
  const run = await folderStore.edit(place);
  try {
    await run.write("model.safetensors", modelPieces(model));
    await run.write("config.json", jsonOf(record));
  } catch (error) {
    await run.remove("model.safetensors");
    throw error;
  } finally {
    await run.close();
  }
  return place;
}

interface Described {
  readonly concepts: number;
  readonly inputs: number;
  readonly activation: string;
  readonly atomNorms: { readonly smallest: number; readonly largest: number };
}

async function describe({ dictionary, activation }: SparseAutoencoder): Promise<Described> {
  const norms = dictionary.squaredNorms();
  const values = Float32Array.from(await norms.data(), Math.sqrt);
  norms.dispose();
  const { k } = activation.toConfig();
  return {
    concepts: dictionary.conceptCount,
    inputs: dictionary.channels,
    activation: k === undefined ? activation.kind : `${activation.kind}, k = ${k}`,
    atomNorms: {
      smallest: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
      largest: values.reduce((most, value) => Math.max(most, value), 0),
    },
  };
}
