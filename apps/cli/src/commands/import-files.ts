import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { messageOf, parseJson, SaenoError } from "@saeno/backend";

/** Libraries whose models can be imported, and what they call the file of weights. */
const weightNames = {
  saelens: "sae_weights.safetensors",
  sparsify: "sae.safetensors",
  "dictionary-learning": "ae.safetensors",
} as const;

export type PeerFormat = keyof typeof weightNames;
export const peerFormats = Object.keys(weightNames) as readonly PeerFormat[];

/** A model of another library as it lies on the disk: its settings and its weights. */
export interface PeerFiles {
  readonly format: PeerFormat;
  readonly folder: string;
  /** The parsed JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weightsFile: string;
}

const configNames = ["cfg.json", "config.json"];
const pickle = /\.(pt|pth|bin|ckpt|pkl|pickle)$/i;

/**
 * The two files of a model of another library, and which library it is of.
 *
 * @param path the folder, or one of the two files.
 * @throws SaenoError `import.path`, `import.config`, `import.weights`, `import.pickle`, `import.format` saying what is missing and what to do.
 */
export function findPeerFiles(path: string, format?: PeerFormat): PeerFiles {
  const found = reading(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found === undefined)
    throw new SaenoError("import.path", `There is no file or folder ${path}: name the folder with the model's files.`);
  if (found.isDirectory()) return inFolder(path, { format });
  if (!found.isFile()) throw new SaenoError("import.path", `${path} is neither a file nor a folder.`);
  if (pickle.test(path)) throw pickleError(path, format);
  switch (extname(path)) {
    case ".json":
      return inFolder(dirname(path), { format, configName: basename(path) });
    case ".safetensors":
      return inFolder(dirname(path), { format, weightsName: basename(path) });
    default:
      throw new SaenoError(
        "import.path",
        `${path} is not a model file: name a folder, or its JSON or safetensors file.`,
      );
  }
}

interface Named {
  readonly format: PeerFormat | undefined;
  readonly configName?: string;
  readonly weightsName?: string;
}

function inFolder(folder: string, { format, configName, weightsName }: Named): PeerFiles {
  const entries = reading(folder, () => readdirSync(folder));
  const configs = (configName === undefined ? configNames : [configName])
    .filter((name) => entries.includes(name))
    .map((name) => ({ file: join(folder, name), config: readConfig(join(folder, name)) }));
  const chosen = configs.find(({ config }) => formatOf(config) !== undefined) ?? configs[0];
  if (chosen === undefined) throw configError(folder, entries);
  if (chosen.config.modelConfig !== undefined)
    throw new SaenoError("import.config", `${folder} is a run folder of saeno: there is nothing to import.`);
  const known = format ?? formatOf(chosen.config);
  if (known === undefined) {
    throw new SaenoError(
      "import.format",
      `${chosen.file} was not written by a library known here. Say which with --format ${peerFormats.join(", ")}.`,
      { kind: "data" },
    );
  }
  const weightsFile = join(folder, weightsName ?? weightsIn(folder, entries, known));
  return { format: known, folder, config: chosen.config, weightsFile };
}

/** Which library writes such settings: each has one that the others lack. */
function formatOf(config: Readonly<Record<string, unknown>>): PeerFormat | undefined {
  const { trainer } = config;
  if (typeof trainer === "object" && trainer !== null && "dict_class" in trainer) return "dictionary-learning";
  if ("d_sae" in config) return "saelens";
  return "num_latents" in config || "expansion_factor" in config ? "sparsify" : undefined;
}

function readConfig(file: string): Record<string, unknown> {
  const config = parseJson(
    reading(file, () => readFileSync(file)),
    file,
  );
  if (typeof config === "object" && config !== null && !Array.isArray(config)) return { ...config };
  throw new SaenoError("import.config", `${file} does not hold a JSON object, as the settings of a model do.`, {
    kind: "data",
  });
}

function reading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SaenoError("import.path", `${path} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  }
}

function configError(folder: string, entries: readonly string[]): SaenoError {
  const inside = entries.filter((entry) => configNames.some((name) => existsSync(join(folder, entry, name)))).sort();
  if (inside.length > 0) {
    const named = inside.slice(0, 5).join(", ");
    const rest = inside.length > 5 ? " .." : "";
    return new SaenoError("import.config", `${folder} holds several models, ${named}${rest}: name the folder of one.`);
  }
  const found = entries.find((entry) => pickle.test(entry));
  if (found !== undefined) return pickleError(join(folder, found));
  return new SaenoError(
    "import.config",
    `${folder} holds neither cfg.json (SAELens, sparsify) nor config.json (dictionary_learning), which say what the weights are.`,
    { kind: "data" },
  );
}

function weightsIn(folder: string, entries: readonly string[], format: PeerFormat): string {
  const usual = weightNames[format];
  if (entries.includes(usual)) return usual;
  // Beside the weights SAELens keeps how often concepts were active.
  const others = entries.filter((entry) => entry.endsWith(".safetensors") && entry !== "sparsity.safetensors");
  const [only] = others;
  if (only !== undefined && others.length === 1) return only;
  if (others.length > 1)
    throw new SaenoError("import.weights", `${folder} holds ${others.join(", ")}: name the one to import.`);
  const found = entries.find((entry) => pickle.test(entry));
  if (found !== undefined) throw pickleError(join(folder, found), format);
  const archive = entries.some((entry) => entry.endsWith(".npz"))
    ? " An .npz archive, such as those of Gemma Scope, is read by SAELens: save it with sae.save_model(FOLDER) and import that."
    : "";
  throw new SaenoError("import.weights", `${folder} holds no ${usual}, the weights.${archive}`, { kind: "data" });
}

function pickleError(file: string, format?: PeerFormat): SaenoError {
  const target = format === undefined ? file.replace(pickle, ".safetensors") : join(dirname(file), weightNames[format]);
  const paths = `torch.load(${JSON.stringify(file)}, weights_only=True).items()}, ${JSON.stringify(target)}`;
  return new SaenoError(
    "import.pickle",
    `${file} is a pickle, which may run any code when it is loaded: it is not read. Where you trust it, convert it in Python: import torch, safetensors.torch; safetensors.torch.save_file({k: v.contiguous() for k, v in ${paths})`,
    { kind: "data" },
  );
}
