import { globalFlags } from "../flags/global-flags.ts";
import { printable, printableJson } from "./printable.ts";
import { type ProgressKind, type Teller, tellers } from "./progress.ts";

/**
 * Where output goes: with `--json` one JSON document on stdout and everything else on stderr; without, people read stderr and stdout. All that
 * is told on stderr is told as `--progress` says.
 */
export interface Output extends Teller {
  readonly json: boolean;
  /** The result of the command: the document with `--json`, else the text. */
  result(document: unknown, text: string): void;
}

export interface OutputOptions {
  readonly json?: boolean | undefined;
  /** Default: a bar on a terminal, else lines. */
  readonly progress?: ProgressKind | undefined;
}

export function createOutput({ json = false, progress = givenKind() }: OutputOptions): Output {
  return {
    json,
    ...tellers[progress]({ stream: process.stderr, now: Date.now }),
    result: (document, text) => void process.stdout.write(`${json ? printableJson(document) : printable(text)}\n`),
  };
}

function givenKind(): ProgressKind {
  return globalFlags(process.argv).progress ?? (process.stderr.isTTY ? "bar" : "lines");
}
