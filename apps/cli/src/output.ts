import type { Reporter } from "@saeno/experiments";
import { createProgress } from "./progress.ts";

/** Where output goes: with `--json` one JSON document on stdout and everything else on stderr; without, people read stderr and stdout. */
export interface Output extends Reporter {
  readonly json: boolean;
  /** The result of the command: the document with `--json`, else the text. */
  result(document: unknown, text: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    say: (line) => void process.stderr.write(`${line}\n`),
    progress: createProgress,
    result: (document, text) => void process.stdout.write(`${json ? JSON.stringify(document, null, 2) : text}\n`),
  };
}
