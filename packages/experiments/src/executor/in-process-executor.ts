import { messageOf } from "@saeno/backend";
import type { ExperimentOptions } from "../run/run-experiment.ts";
import type { RunStore } from "../runs/run-store.ts";
import { runInto } from "../runs/save-run.ts";
import type { Executor, RunOutcome } from "./executor.ts";

export interface InProcessOptions extends Pick<ExperimentOptions, "reporter"> {
  readonly store: RunStore;
}

/** Makes runs in this process, one after the other, on the backend in use. */
export function inProcessExecutor({ store, ...options }: InProcessOptions): Executor {
  return {
    async run(runs, { signal, onEnd } = {}) {
      const outcomes: RunOutcome[] = [];
      for (const run of runs) {
        let error: string | undefined;
        try {
          const { model } = await runInto(store, run.place, run.config, {
            ...options,
            signal,
            checkpoints: { tidy: true },
          });
          model.dispose();
        } catch (cause) {
          error = messageOf(cause);
        }
        if (signal?.aborted) break;
        const outcome = error === undefined ? { run } : { run, error };
        outcomes.push(outcome);
        onEnd?.(outcome);
      }
      return outcomes;
    },
  };
}
