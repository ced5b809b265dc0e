/** Checkpoints of a run folder, `checkpoints/step-120`: each is the folder of a model, and a training to go on with. */
import { messageOf, SaenoError } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { type Checkpoint, type CheckpointPlace, restoreCheckpoint, saveCheckpoint } from "@saeno/training";
import { type Reporter, silent } from "../reporter.ts";
import type { RunDraft, RunStore } from "./run-store.ts";

export interface CheckpointOptions {
  /** Steps between checkpoints. Default: a minute, or as long as writing them takes a fiftieth of the time. */
  readonly every?: number | undefined;
  /** Steps between those that are kept; default none but the last. */
  readonly keepEvery?: number | undefined;
  /** Keeps only these once the run is finished: it cannot be continued with more steps then. Default false. */
  readonly tidy?: boolean | undefined;
}

/** Where nothing else is said: seconds between checkpoints at least, and the share of the time that they may take. */
const [leastSeconds, mostShare] = [60, 1 / 50];

/** How many are there while a training goes on: should the last one turn out to be damaged, there is the one before. */
const held = 2;

export interface RunCheckpoints {
  /** The newest that is whole, into the model. `undefined` where there is none. */
  restore(model: SparseAutoencoder): Promise<Checkpoint | undefined>;
  /** Whether one is to be made after a step. */
  due(step: number): boolean;
  save(step: number, config: string, model: SparseAutoencoder, checkpoint: Checkpoint): Promise<void>;
  /** Removes what a finished run does not need. */
  tidy(): Promise<void>;
}

export function runCheckpoints(
  store: RunStore,
  draft: RunDraft,
  { every, keepEvery, tidy = false }: CheckpointOptions = {},
  reporter: Reporter = silent,
): RunCheckpoints {
  let [savedAt, took] = [performance.now(), 0];
  /** The step of the last one. */
  let saved = -1;
  const isKept = (step: number) => keepEvery !== undefined && step % keepEvery === 0;
  const removeBut = async (count: number) => {
    const others = (await stepsIn(await store.names(`${draft.place}/checkpoints`))).filter((step) => !isKept(step));
    for (const step of others.slice(0, others.length - count)) {
      // Without it the rest is not a checkpoint.
      await draft.remove(`${folderOf(step)}/state.json`);
      await draft.remove(folderOf(step));
    }
  };
  return {
    async restore(model) {
      for (const step of stepsIn(await store.names(`${draft.place}/checkpoints`)).reverse()) {
        try {
          return await restoreCheckpoint(placeOf(store, draft, step), model);
        } catch (error) {
          if (!SaenoError.isInstance(error) || error.code === "checkpoint.model") throw error;
          reporter.say(`${draft.place}/${folderOf(step)} is passed over. ${messageOf(error)}`);
          await draft.remove(folderOf(step));
        }
      }
      return undefined;
    },
    due(step) {
      if (isKept(step)) return true;
      if (every !== undefined) return step % every === 0;
      return performance.now() - savedAt >= Math.max(1000 * leastSeconds, took / mostShare);
    },
    async save(step, config, model, checkpoint) {
      if (step === saved) return;
      const began = performance.now();
      await draft.write(`${folderOf(step)}/config.json`, config);
      await saveCheckpoint(placeOf(store, draft, step), model, checkpoint);
      await removeBut(held);
      saved = step;
      savedAt = performance.now();
      took = savedAt - began;
    },
    tidy: () => removeBut(tidy ? 0 : 1),
  };
}

/** Where the newest checkpoint of a run folder is, if it has one. */
export async function newestCheckpoint(store: RunStore, place: string): Promise<string | undefined> {
  for (const step of stepsIn(await store.names(`${place}/checkpoints`)).reverse()) {
    const path = `${place}/${folderOf(step)}`;
    if ((await store.read(path, "state.json")) !== undefined) return path;
  }
  return undefined;
}

function folderOf(step: number): string {
  return `checkpoints/step-${step}`;
}

/** In ascending order. */
function stepsIn(names: readonly string[]): number[] {
  const steps = names.flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  return steps.sort((a, b) => a - b);
}

function placeOf(store: RunStore, draft: RunDraft, step: number): CheckpointPlace {
  const folder = folderOf(step);
  return {
    write: (file, content) => draft.write(`${folder}/${file}`, content),
    open: (file) => store.open(draft.place, `${folder}/${file}`),
  };
}
