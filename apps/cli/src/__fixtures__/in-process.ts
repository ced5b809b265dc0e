import { vi } from "vitest";
import { createCall } from "../program.ts";
import type { Outcome } from "./run-saeno.ts";

/**
 * Runs the command in this process and in a folder, one call after another: what a process costs to start is paid once. What a command does to
 * its process (signals, its end) is not looked at.
 */
export async function saenoHere(folder: string, args: readonly string[]): Promise<Outcome> {
  const [argv, place] = [process.argv, process.cwd()];
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += String(text);
      return true;
    }),
  );
  process.chdir(folder);
  process.argv = [...argv.slice(0, 2), ...args];
  const call = createCall(process.argv);
  try {
    const status = await call.run().then(() => 0, call.fail);
    return { status, ...written };
  } finally {
    process.argv = argv;
    process.chdir(place);
    for (const spy of spies) spy.mockRestore();
  }
}
