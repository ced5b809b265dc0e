import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SaenoError } from "@saeno/backend";

/** Flags of all commands, wherever they stand: plugins have to be there before a command looks at its own. */
export interface GlobalFlags {
  readonly verbose: boolean;
  readonly plugins: readonly string[];
  /** The other arguments. */
  readonly rest: string[];
}

/** @throws SaenoError `cli.plugin` for `--plugin` without a file. */
export function globalFlags(argv: readonly string[]): GlobalFlags {
  const plugins: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string;
    if (argument === "--verbose") continue;
    if (argument === "--plugin") plugins.push(argv[++i] ?? "");
    else if (argument.startsWith("--plugin=")) plugins.push(argument.slice("--plugin=".length));
    else rest.push(argument);
  }
  return { verbose: argv.includes("--verbose"), plugins, rest };
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
      throw new SaenoError(
        "cli.plugin",
        `The plugin ${file || "(none given)"} cannot be loaded: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }
}
