import { availableParallelism } from "node:os";
import { SaenoError } from "@saeno/backend";
import { type ProgressKind, progressKinds } from "../terminal/progress.ts";

/** Flags of all commands, wherever they stand: plugins have to be there before a command looks at its own. */
export interface GlobalFlags {
  readonly plugins: readonly string[];
  /** Threads of the wasm backend, where given. */
  readonly threads?: number;
  /** How commands tell what they are doing, where given. */
  readonly progress?: ProgressKind;
  /** Whether errors show where they came from. */
  readonly verbose: boolean;
  /** The other arguments. */
  readonly rest: string[];
}

/** More threads than the machine runs at once only wait for one another. */
const mostThreads = Math.max(16, 2 * availableParallelism());

/**
 * @throws SaenoError `cli.threads` if `--threads` is not a positive integer or far more than the machine has, `cli.plugin` for `--plugin`
 *   without a name, `cli.progress` for a kind of progress that is not known.
 */
export function globalFlags(argv: readonly string[]): GlobalFlags {
  const values: Record<"--plugin" | "--threads" | "--progress", string[]> = {
    "--plugin": [],
    "--threads": [],
    "--progress": [],
  };
  const rest: string[] = [];
  let verbose = false;
  for (let i = 0; i < argv.length; i++) {
    const [, name, value] = /^(--plugin|--threads|--progress)(?:=(.*))?$/s.exec(argv[i]) ?? [];
    if (name === "--plugin" || name === "--threads" || name === "--progress")
      values[name].push(value ?? argv[++i] ?? "");
    else if (argv[i] === "--verbose") verbose = true;
    else rest.push(argv[i]);
  }
  if (values["--plugin"].includes(""))
    throw new SaenoError("cli.plugin", "--plugin needs the name of a file or a package.");
  const threads = values["--threads"].at(-1);
  const progress = values["--progress"].at(-1);
  return {
    plugins: values["--plugin"],
    ...(threads === undefined ? {} : { threads: threadCount(threads) }),
    ...(progress === undefined ? {} : { progress: progressKind(progress) }),
    verbose,
    rest,
  };
}

function progressKind(text: string): ProgressKind {
  const kind = progressKinds.find((name) => name === text);
  if (kind !== undefined) return kind;
  throw new SaenoError("cli.progress", `--progress must be bar, lines, json or none; got "${text}".`);
}

function threadCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= mostThreads) return value;
  throw new SaenoError(
    "cli.threads",
    `--threads must be a positive integer, here at most ${mostThreads}; got "${text}".`,
  );
}
