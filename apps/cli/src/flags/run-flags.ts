import type { Command } from "commander";
import { backendChoices } from "../terminal/start-backend.ts";

/** What commands take that use the model of a run. */
export interface RunFlags {
  readonly backend: string;
  readonly json?: boolean;
}

/** @param json what `--json` prints. */
export function runFlags(command: Command, json: string): Command {
  return command.option("--backend <name>", backendChoices, "auto").option("--json", `print ${json} as JSON on stdout`);
}
