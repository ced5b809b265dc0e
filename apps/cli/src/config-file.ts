import { readFileSync } from "node:fs";
import { SaenoError } from "@saeno/backend";
import { type RunConfig, resolveRunConfig, type Settings } from "@saeno/experiments";
import { type MeasureFlags, measuresOf } from "./measure-options.ts";

/**
 * Settings of `--config`, `-` for standard input; nothing where there is no file.
 *
 * @throws SaenoError `config.file`.
 */
export function readConfigFile(file: string | undefined): Settings {
  if (file === undefined) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file === "-" ? process.stdin.fd : file, "utf8"));
  } catch (cause) {
    throw new SaenoError("config.file", `The config file ${file} cannot be read as JSON: ${(cause as Error).message}`, {
      cause,
      kind: "data",
    });
  }
  if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
  throw new SaenoError(
    "config.file",
    `The config file ${file} must hold one JSON object, as a run folder's config.json does.`,
    { kind: "data" },
  );
}

/** Settings from a config file and flags; flags win. */
export function configOf(file: string | undefined, settings: Settings, measures: MeasureFlags = {}): RunConfig {
  const base = readConfigFile(file);
  const below = typeof base.measures === "object" ? base.measures : {};
  return resolveRunConfig({ ...settings, measures: { ...below, ...measuresOf(measures) } }, base, file);
}
