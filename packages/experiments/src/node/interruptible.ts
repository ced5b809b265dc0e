import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { SaenoError } from "@saeno/backend";

export interface InterruptibleOptions {
  /** A signal that does the same as Ctrl-C, such as a scheduler's warning. */
  readonly stopSignal?: NodeJS.Signals | undefined;
  /** Told when one comes. */
  readonly onInterrupt?: ((signal: NodeJS.Signals) => void) | undefined;
}

/** The exit code of an interrupted program: 128 plus the number of the signal, as in shells. */
export class Interrupted extends SaenoError {
  readonly status: number;

  constructor(signal: NodeJS.Signals) {
    super("interrupted", `Interrupted by ${signal}.`, { kind: "data" });
    this.status = 128 + constants.signals[signal];
  }
}

/** Milliseconds in which a second signal is the first again: what starts programs, such as srun and npm, passes on what they have got themselves. */
const echo = 1000;

/**
 * Work that the first Ctrl-C, or another request to end, aborts instead of ending the program, with an {@link Interrupted} as the reason; a second one, at
 * least a second later, ends it. Signals that were ignored when the program began, as with nohup, stay ignored.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { stopSignal, onInterrupt }: InterruptibleOptions = {},
): Promise<T> {
  const controller = new AbortController();
  const usual = (["SIGINT", "SIGTERM", "SIGHUP"] as const).filter((name) => !isIgnored(name));
  const names = [...usual, ...(stopSignal === undefined ? [] : [stopSignal])];
  const ignore = () => {
    for (const name of names) process.removeListener(name, stop);
  };
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    setTimeout(ignore, echo).unref();
    onInterrupt?.(name);
    controller.abort(new Interrupted(name));
  };
  for (const name of names) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    if (!controller.signal.aborted) ignore();
  }
}

/** Whether the program was started so that a signal does nothing; where the system tells. */
function isIgnored(name: NodeJS.Signals): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
  } catch {
    return false;
  }
}
