import type { Output } from "./output.ts";

/**
 * Runs work that Ctrl-C ends after the step under way, so that what was learned is kept. A second Ctrl-C ends the program.
 */
export async function interruptible<T>(output: Output, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    process.removeListener("SIGINT", stop);
    output.say("\nstopping after this step and keeping what was learned; press Ctrl-C again to drop it");
    controller.abort();
  };
  process.on("SIGINT", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener("SIGINT", stop);
  }
}
