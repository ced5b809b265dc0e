import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { messageOf, parseJson, SaenoError } from "@saeno/backend";
import { notFound, type Settings, withDataPaths } from "@saeno/experiments";
import { findFile } from "@saeno/experiments/node";

/**
 * Settings of `--config`, `-` for standard input; nothing if it was not given. Data that it names by a relative path is found from where the
 * run was made, from the folder of the file, or from here.
 *
 * @param given settings that win over it: its data need not be there if other data is given.
 * @throws SaenoError `config.file`, `json.format`, `data.place`.
 */
export async function readConfigFile(file: string | undefined, given: Settings): Promise<Settings> {
  if (file === undefined) return {};
  const content = await parsed(file);
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw fileError(`${nameOf(file)} must hold one JSON object, as a run folder's config.json does.`);
  const settings: Settings = { ...content };
  const found = otherFiles.find(({ has }) => has.every((key) => key in settings));
  if (found !== undefined) throw fileError(`${nameOf(file)} ${found.what}.${configBeside(file)}`);
  const { madeIn } = settings;
  const folders = file === "-" ? [] : [...(typeof madeIn === "string" ? [madeIn] : []), dirname(file)];
  return withDataPaths(settings, (path) => {
    const there = findFile(path, folders);
    if (there !== undefined || file === "-" || given.data !== undefined) return there ?? path;
    throw notFound(path, { file, folders, madeIn: typeof madeIn === "string" ? madeIn : undefined });
  });
}

async function parsed(file: string): Promise<unknown> {
  const bytes = await read(file);
  try {
    return parseJson(bytes, nameOf(file));
  } catch (cause) {
    throw new SaenoError("config.file", `${messageOf(cause)}${configBeside(file)}`, { kind: "data", cause });
  }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    // A pipe that is read at once fails (EAGAIN) where the other process has not written yet.
    return file === "-" ? await buffer(process.stdin) : await readFile(file);
  } catch (cause) {
    const problem = `${nameOf(file)} cannot be read: ${messageOf(cause)}.${configBeside(join(file, "it"))}`;
    throw new SaenoError("config.file", problem, { kind: "data", cause });
  }
}

/** Files that lie beside a config.json, or are called so, and hold no settings. */
const otherFiles: readonly { readonly has: readonly string[]; readonly what: string }[] = [
  { has: ["relativeError", "utilization"], what: "holds what was measured of a run, not its settings" },
  { has: ["metric", "fields", "runs"], what: "holds the results of a sweep, not settings" },
  { has: ["figure", "claim", "runs"], what: "is a recipe of saeno reproduce, which reads it with --recipes" },
  { has: ["step", "loss"], what: "holds a step of a training, not settings" },
  { has: ["d_in", "d_sae"], what: "describes a model of SAELens: saeno import reads it" },
  { has: ["trainer", "buffer"], what: "describes a model of dictionary_learning: saeno import reads it" },
  { has: ["num_latents", "expansion_factor"], what: "describes a model of sparsify: saeno import reads it" },
];

function configBeside(file: string): string {
  const beside = join(dirname(file), "config.json");
  return file !== beside && existsSync(beside) ? ` Settings are in ${beside}.` : "";
}

function nameOf(file: string): string {
  return file === "-" ? "The configuration on standard input" : `The config file ${file}`;
}

function fileError(problem: string): SaenoError {
  return new SaenoError("config.file", problem, { kind: "data" });
}
