import type { Executor } from "@saeno/experiments";
import { childProcessExecutor } from "@saeno/experiments/node";
import { globalFlags } from "./plugins.ts";

/** Runs in processes of this program, with its plugins. */
export function ownProcesses(parallel: number): Executor {
  const [node, main = ""] = process.argv;
  const { plugins } = globalFlags(process.argv);
  return childProcessExecutor({ command: [node ?? process.execPath, ...process.execArgv, main], parallel, plugins });
}
