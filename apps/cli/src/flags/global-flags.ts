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

/** @throws SaenoError `cli.threads` if `--threads` is not a positive integer. */
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
  const threads = values["--threads"].at(-1);
  const given = threads === undefined ? {} : { threads: threadCount(threads) };
  return { plugins: values["--plugin"], ...given, verbose, rest };
}

function threadCount(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new SaenoError("cli.threads", `--threads must be a positive integer; got "${text}".`);
}
