import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SaenoError } from "@saeno/backend";
import { messageOf } from "@saeno/experiments";

/** Flags of all commands, wherever they stand: plugins have to be there before a command looks at its own. */
export interface GlobalFlags {
  readonly plugins: readonly string[];
  /** Threads of the wasm backend, where given. */
  readonly threads?: number;
  /** The other arguments. */
  readonly rest: string[];
}

/** @throws SaenoError `cli.threads` if `--threads` is not a positive integer. */
export function globalFlags(argv: readonly string[]): GlobalFlags {
  const plugins: string[] = [];
  const rest: string[] = [];
  let threads: string | undefined;
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i];
    if (argument === "--verbose") continue;
    if (argument === "--plugin") plugins.push(argv[++i] ?? "");
    else if (argument.startsWith("--plugin=")) plugins.push(argument.slice("--plugin=".length));
    else if (argument === "--threads") threads = argv[++i] ?? "";
    else if (argument.startsWith("--threads=")) threads = argument.slice("--threads=".length);
    else rest.push(argument);
  }
  return {
    plugins,
    ...(threads === undefined ? {} : { threads: threadCount(threads) }),
    rest,
  };
}

function threadCount(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= 1) return value;
  throw new SaenoError("cli.threads", `--threads wants a whole number of at least 1; got "${text}".`);
}

/**
 * Imports modules that register components of their own (`registerActivation`, `registerEncoder`, `registerDictionary`, `registerBackend`).
 * Only what is named on the command line is ever run: config files and run folders hold names, no code.
 *
 * @throws SaenoError `cli.plugin` for a file that cannot be imported.
 */
export async function loadPlugins(files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await import(pathToFileURL(resolve(file)).href);
    } catch (cause) {
      throw new SaenoError("cli.plugin", `The plugin ${file || "(none given)"} cannot be loaded: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
}
