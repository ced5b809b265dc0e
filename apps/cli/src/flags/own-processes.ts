import type { Executor } from "@saeno/experiments";
import { type ChildProcessOptions, childProcessExecutor } from "@saeno/experiments/node";
import { globalFlags } from "./global-flags.ts";

/** Runs in processes of this program, with its plugins. */
export function ownProcesses(options: Pick<ChildProcessOptions, "parallel" | "tensorboard">): Executor {
  const [node, main = ""] = process.argv;
  const { plugins } = globalFlags(process.argv);
  return childProcessExecutor({ ...options, command: [node ?? process.execPath, ...process.execArgv, main], plugins });
}
