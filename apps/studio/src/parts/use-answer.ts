import type { Remote } from "comlink";
import { useLayoutEffect, useState } from "preact/hooks";
import type { Engine } from "../engine/engine.ts";
import { engine, type Loading, messageOf, renewals, running } from "../state/studio.ts";

/**
 * What the engine answers to a question that changes. While one question is out, of those that come only the last is asked; until it is answered the
 * last answer stays.
 *
 * @param key of the question: the same key, the same answer; `undefined` asks nothing.
 */
export function useAnswer<Value>(
  key: string | undefined,
  ask: (engine: Remote<Engine>) => Promise<Value>,
): Loading<Value> {
  const [answer, setAnswer] = useState<Loading<Value>>({ state: "none" });
  const [queue] = useState(() => latestOnly());
  const isRunning = engine.value.state === "ready";
  const renewal = renewals.value;
  // At once: other effects wait for the next frame.
  useLayoutEffect(() => {
    if (key === undefined) {
      setAnswer({ state: "none" });
      return;
    }
    if (!isRunning) return;
    let isCurrent = true;
    setAnswer((old) => (old.state === "ready" ? old : { state: "loading", doing: "computing" }));
    queue(async () => {
      if (!isCurrent) return;
      try {
        const value = await ask(await running());
        // Later ones may be on their way; until then this is the newest there is.
        setAnswer({ state: "ready", value });
      } catch (error) {
        if (isCurrent) setAnswer({ state: "failed", why: messageOf(error) });
      }
    });
    return () => {
      isCurrent = false;
    };
  }, [key, isRunning, renewal]);
  return answer;
}

/** One after another; of those that wait only the last. */
function latestOnly(): (work: () => Promise<void>) => void {
  let [isBusy, next]: [boolean, (() => Promise<void>) | undefined] = [false, undefined];
  const go = async (work: () => Promise<void>) => {
    isBusy = true;
    await work();
    isBusy = false;
    const waiting = next;
    next = undefined;
    if (waiting !== undefined) void go(waiting);
  };
  return (work) => {
    if (isBusy) next = work;
    else void go(work);
  };
}
