/** What ends a program from outside, and can be heard. */
const allSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface InterruptibleOptions {
  /** What is heard. Default: all that ends a program. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Told when it comes. */
  readonly onInterrupt?: () => void;
}

/** Work that the first Ctrl-C aborts instead of ending the program; a second one ends it. */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signals = allSignals, onInterrupt }: InterruptibleOptions = {},
): Promise<T> {
  const controller = new AbortController();
  const ignore = () => {
    for (const name of signals) process.removeListener(name, stop);
  };
  const stop = () => {
    ignore();
    onInterrupt?.();
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    ignore();
  }
}
