import { messageOf } from "@saeno/backend";
import pLimit from "p-limit";
import type { ExperimentOptions } from "../run/run-experiment.ts";
import { memoryStore, type RunStore } from "../runs/run-store.ts";
import { runInto } from "../runs/save-run.ts";
import type { Executor, PlacedRun } from "./executor.ts";

/** A worker that serves runs (`serveRuns`), of a page or of Node. */
export interface RunWorker {
  /** The end of a channel whose other end the worker has. */
  readonly port: MessagePort;
  /** What went wrong, where the worker may end by itself. */
  readonly failure?: Promise<string>;
  terminate(): void;
}

export interface WorkerOptions {
  /** Starts a worker. */
  readonly start: () => RunWorker;
  /** Workers at a time. */
  readonly parallel: number;
  /** Where run folders go. */
  readonly store: RunStore;
}

interface Reply {
  /** The files of the run folder. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  readonly error?: string;
  /** Whether the worker is gone. */
  readonly lost?: boolean;
}

/** Makes runs in workers, each on a backend of its own. Their run folders come back as messages. */
export function workerExecutor({ start, parallel, store }: WorkerOptions): Executor {
  return {
    async run(runs, { signal, onEnd } = {}) {
      const [workers, idle]: [RunWorker[], RunWorker[]] = [[], []];
      const limit = pLimit(parallel);
      const aborted = new Promise<undefined>((resolve) => signal?.addEventListener("abort", () => resolve(undefined)));
      const one = async (run: PlacedRun) => {
        if (signal?.aborted) return undefined;
        const worker = idle.pop() ?? start();
        if (!workers.includes(worker)) workers.push(worker);
        const failure = worker.failure?.then((error): Reply => ({ error, lost: true }));
        const reply = await Promise.race([ask(worker.port, run), aborted, ...(failure === undefined ? [] : [failure])]);
        if (reply === undefined) return undefined;
        if (!reply.lost) idle.push(worker);
        const error = reply.error ?? (await keep(store, run.place, reply.files ?? new Map()));
        const outcome = error === undefined ? { run } : { run, error };
        onEnd?.(outcome);
        return outcome;
      };
      try {
        const outcomes = await Promise.all(runs.map((run) => limit(one, run)));
        return outcomes.filter((outcome) => outcome !== undefined);
      } finally {
        for (const worker of workers) worker.terminate();
      }
    },
  };
}

function ask(port: MessagePort, run: PlacedRun): Promise<Reply> {
  return new Promise((resolve) => {
    port.onmessage = ({ data }: MessageEvent<Reply>) => resolve(data);
    port.postMessage(run);
  });
}

/** @returns why it could not be kept. */
async function keep(
  store: RunStore,
  place: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<string | undefined> {
  try {
    const draft = await store.edit(place);
    try {
      for (const [name, content] of files) await draft.write(name, content);
    } finally {
      await draft.close();
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** In a worker: makes the runs that are requested on a port, on the backend in use. When the port closes, the current run is dropped. */
export function serveRuns(port: MessagePort, options: Pick<ExperimentOptions, "reporter"> = {}): void {
  const closing = new AbortController();
  port.addEventListener("close", () => closing.abort());
  const onRecord = () => closing.signal.throwIfAborted();
  port.onmessage = async ({ data: run }: MessageEvent<PlacedRun>) => {
    const store = memoryStore();
    const checkpoints = { tidy: true };
    const reply = await runInto(store, run.place, run.config, { ...options, onRecord, checkpoints }).then(
      ({ model }): Reply => {
        model.dispose();
        return { files: store.folders.get(run.place) ?? new Map() };
      },
      (error: unknown): Reply => ({ error: messageOf(error) }),
    );
    port.postMessage(reply);
  };
}
