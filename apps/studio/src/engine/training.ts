/** A training in this tab, into a run folder of its storage. */
import { messageOf } from "@saeno/backend";
import {
  demonstrationSettings,
  memoryStore,
  modelName,
  type Reporter,
  type RunConfig,
  type RunRecord,
  type RunStore,
  resolveRunConfig,
  runInto,
} from "@saeno/experiments";
import { atomOf, type DrawnFunction, readAtoms } from "./drawn-function.ts";

/** What a training tells while it goes on. */
export type TrainingEvent =
  | { readonly kind: "started"; readonly config: RunConfig; readonly name: string }
  | { readonly kind: "steps"; readonly records: readonly RunRecord[] }
  /** Atoms as they are now, of the first concepts. */
  | { readonly kind: "concepts"; readonly step: number; readonly atoms: readonly DrawnFunction[] }
  | { readonly kind: "message"; readonly text: string; readonly isWarning: boolean }
  /** The model is trained and measured, or was until it was stopped. */
  | { readonly kind: "ended"; readonly place: string; readonly isStopped: boolean }
  | { readonly kind: "failed"; readonly text: string };

export interface TrainingControl {
  /** Where it is kept, as long as it goes on. */
  place(): string | undefined;
  pause(): void;
  resume(): void;
  /** Ends after the step, with a checkpoint. */
  stop(): void;
}

/** Milliseconds between what the page is told, and between pictures of concepts. */
const [toldEvery, shownEvery] = [500, 2000];
/** Concepts that are shown while they form, at most, on grids of no more points on an axis. */
const [shownConcepts, shownPoints] = [48, 48];

/** Starts a training, or goes on with one that was stopped. */
export function startTraining(
  store: RunStore,
  place: string,
  config: RunConfig,
  tell: (event: TrainingEvent) => void,
): TrainingControl {
  const stopping = new AbortController();
  let waiting: { readonly until: Promise<void>; readonly go: () => void } | undefined;
  const reporter: Reporter = {
    say: (text, kind) => tell({ kind: "message", text, isWarning: kind === "warning" }),
    progress: (label) => ({
      // Steps are told of by themselves.
      update: (_, detail) =>
        label.startsWith("train ") || tell({ kind: "message", text: `${label} ${detail ?? ""}`, isWarning: false }),
      stop() {},
    }),
  };
  const run = async () => {
    tell({ kind: "started", config, name: modelName(config) });
    let records: RunRecord[] = [];
    let [told, shown] = [performance.now(), 0];
    const tellRecords = () => {
      if (records.length > 0) tell({ kind: "steps", records });
      records = [];
      told = performance.now();
    };
    const experiment = await runInto(store, place, config, {
      reporter,
      signal: stopping.signal,
      async onRecord(record, { model, source: { train, sampleShape } }) {
        records.push(record);
        const now = performance.now();
        if (now - told > toldEvery) {
          tellRecords();
          // Others get their turn: the page asks for pictures meanwhile.
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        if (now - shown > shownEvery) {
          shown = now;
          const { dictionary } = model;
          const grid = train.grid.map((points) => Math.min(points, shownPoints));
          const atoms = await readAtoms(dictionary, grid, sampleShape);
          const count = Math.min(dictionary.conceptCount, shownConcepts);
          tell({
            kind: "concepts",
            step: record.step,
            atoms: Array.from({ length: count }, (_, k) => atomOf(atoms, k)),
          });
        }
        if (waiting !== undefined) {
          tellRecords();
          await waiting.until;
        }
      },
    }).finally(tellRecords);
    experiment.model.dispose();
    tell({ kind: "ended", place, isStopped: false });
  };
  let isUnderway = true;
  const ended = run().finally(() => {
    isUnderway = false;
  });
  ended.catch((error) => {
    if (stopping.signal.aborted) tell({ kind: "ended", place, isStopped: true });
    else tell({ kind: "failed", text: messageOf(error) });
  });
  return {
    place: () => (isUnderway ? place : undefined),
    pause() {
      if (waiting !== undefined) return;
      let go = () => {};
      const until = new Promise<void>((resolve) => {
        go = resolve;
      });
      waiting = { until, go };
    },
    resume() {
      waiting?.go();
      waiting = undefined;
    },
    stop() {
      stopping.abort();
      waiting?.go();
      waiting = undefined;
    },
  };
}

/** Steps per second of a small training, after its first steps. */
export async function measureSpeed(): Promise<number> {
  const config = resolveRunConfig({ limit: 64, test: 8, steps: 100_000 }, demonstrationSettings);
  const enough = new AbortController();
  let [steps, begun, seconds] = [-warmUp, 0, 0];
  await runInto(memoryStore(), "runs/speed", config, {
    signal: enough.signal,
    async onRecord() {
      steps++;
      if (steps === 0) begun = performance.now();
      seconds = (performance.now() - begun) / 1000;
      if (steps > 0 && seconds > measuredFor) enough.abort();
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  }).catch((error) => {
    if (!enough.signal.aborted) throw error;
  });
  return steps / seconds;
}

/** Steps that are not measured, and seconds that are. */
const [warmUp, measuredFor] = [5, 1];
