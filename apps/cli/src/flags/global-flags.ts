import { availableParallelism } from "node:os";
import { SaenoError } from "@saeno/backend";

/** Flags of all commands, wherever they stand: plugins have to be there before a command looks at its own. */
export interface GlobalFlags {
  readonly plugins: readonly string[];
  /** Threads of the wasm backend, where given. */
  readonly threads?: number;
  /** Whether errors show where they came from. */
  readonly verbose: boolean;
  /** The other arguments. */
  readonly rest: string[];
}

/** More threads than the machine runs at once only wait for one another. */
const mostThreads = Math.max(16, 2 * availableParallelism());

/** @throws SaenoError `cli.threads` if `--threads` is not a positive integer or far more than the machine has, `cli.plugin` for `--plugin` without a name. */
export function globalFlags(argv: readonly string[]): GlobalFlags {
  const values: Record<"--plugin" | "--threads", string[]> = { "--plugin": [], "--threads": [] };
  const rest: string[] = [];
  let verbose = false;
  for (let i = 0; i < argv.length; i++) {
    const [, name, value] = /^(--plugin|--threads)(?:=(.*))?$/s.exec(argv[i]) ?? [];
    if (name === "--plugin" || name === "--threads") values[name].push(value ?? argv[++i] ?? "");
    else if (argv[i] === "--verbose") verbose = true;
    else rest.push(argv[i]);
  }
  if (values["--plugin"].includes(""))
    throw new SaenoError("cli.plugin", "--plugin needs the name of a file or a package.");
  const threads = values["--threads"].at(-1);
  const given = threads === undefined ? {} : { threads: threadCount(threads) };
  return { plugins: values["--plugin"], ...given, verbose, rest };
}

function threadCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= mostThreads) return value;
  throw new SaenoError(
    "cli.threads",
    `--threads must be a positive integer, here at most ${mostThreads}; got "${text}".`,
  );
}
