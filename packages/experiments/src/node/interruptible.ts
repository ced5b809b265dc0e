const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Work that the first Ctrl-C, or whatever else asks a program to end, aborts instead of ending it; a second one ends it.
 *
 * @param onInterrupt told when it comes.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupt?: () => void,
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
