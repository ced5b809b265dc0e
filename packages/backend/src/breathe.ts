/** Lets timers, messages and signals in between pieces of work. */
export function breathe(): Promise<void> {
  // A timer would take a millisecond or more, as long as a step of training.
  return new Promise((resolve) => (globalThis.setImmediate ?? setTimeout)(resolve));
}
