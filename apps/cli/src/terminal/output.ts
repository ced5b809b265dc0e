import type { Reporter } from "@saeno/experiments";
import { printable, printableJson } from "./printable.ts";
import { createProgress } from "./progress.ts";

/** Where output goes: with `--json` one JSON document on stdout and everything else on stderr; without, people read stderr and stdout. */
export interface Output extends Reporter {
  readonly json: boolean;
  /** The result of the command: the document with `--json`, else the text. */
  result(document: unknown, text: string): void;
}

export function createOutput({ json = false }: { readonly json?: boolean | undefined }): Output {
  return {
    json,
    say: (line) => void process.stderr.write(`${printable(line)}\n`),
    progress: createProgress,
    result: (document, text) => void process.stdout.write(`${json ? printableJson(document) : printable(text)}\n`),
  };
}
