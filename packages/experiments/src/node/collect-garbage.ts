import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Milliseconds between collections. */
const collectEvery = 10_000;

/**
 * Keeps the memory of a long training flat: V8 lets what steps leave behind grow to some sixty megabytes before it collects them, which schedulers and people take for
 * a leak. A collection takes some twenty milliseconds.
 *
 * @returns what to call after each step.
 */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  let collected = performance.now();
  return () => {
    if (typeof collect !== "function" || performance.now() - collected < collectEvery) return;
    collect();
    collected = performance.now();
  };
}
