import { readFileSync } from "node:fs";
import { SaenoError } from "@saeno/backend";
import { messageOf, type Settings } from "@saeno/experiments";

/**
 * Settings of `--config`, `-` for standard input; nothing if it was not given.
 *
 * @throws SaenoError `config.file`.
 */
export function readConfigFile(file: string | undefined): Settings {
  if (file === undefined) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file === "-" ? process.stdin.fd : file, "utf8"));
  } catch (cause) {
    throw new SaenoError("config.file", `The config file ${file} cannot be read as JSON: ${messageOf(cause)}`, {
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
