/** The training of this tab: it goes on while other views are looked at. */
import { signal } from "@preact/signals";
import type { RunConfig, RunHistory, Settings } from "@saeno/experiments";
import { callback } from "../engine/client.ts";
import type { DrawnFunction } from "../engine/drawn-function.ts";
import type { TrainingEvent } from "../engine/training.ts";
import { messageOf, running } from "./studio.ts";

export interface TrainingNow {
  readonly state: "starting" | "running" | "paused" | "ended" | "stopped" | "failed";
  readonly place?: string;
  readonly name?: string;
  readonly config?: RunConfig;
  readonly records: RunHistory;
  readonly atoms: readonly DrawnFunction[];
  readonly atomsAt: number;
  /** What was said last, and what looked wrong. */
  readonly message: string;
  readonly warnings: readonly string[];
}

export const training = signal<TrainingNow | undefined>(undefined);
/** What the form holds, by the names of flags; what is not here has its default. */
export const settings = signal<Readonly<Record<string, string>>>({});
/** Files to train on. */
export const trainingFiles = signal<readonly File[]>([]);

const fresh: TrainingNow = { state: "starting", records: [], atoms: [], atomsAt: 0, message: "", warnings: [] };

/** Begins one. */
export async function startTraining(name: string, given: Settings): Promise<void> {
  training.value = fresh;
  try {
    const place = await (await running()).train(name, given, callback(take), trainingFiles.value);
    change({ place });
  } catch (error) {
    change({ state: "failed", message: messageOf(error) });
  }
}

/** Goes on with one that was interrupted, from its last checkpoint. */
export async function resumeTraining(place: string, history: RunHistory): Promise<void> {
  training.value = { ...fresh, place, records: history };
  try {
    await (await running()).resume(place, callback(take), trainingFiles.value);
  } catch (error) {
    change({ state: "failed", message: messageOf(error) });
  }
}

export async function controlTraining(what: "pause" | "resume" | "stop"): Promise<void> {
  await (await running()).control(what);
  if (what !== "stop") change({ state: what === "pause" ? "paused" : "running" });
}

function take(event: TrainingEvent): void {
  const now = training.value ?? fresh;
  switch (event.kind) {
    case "started":
      change({ state: "running", name: event.name, config: event.config });
      break;
    case "steps":
      change({ records: [...now.records, ...event.records] });
      break;
    case "concepts":
      change({ atoms: event.atoms, atomsAt: event.step });
      break;
    case "message":
      change(event.isWarning ? { warnings: [...now.warnings, event.text] } : { message: event.text });
      break;
    case "ended":
      change({ state: event.isStopped ? "stopped" : "ended", message: "" });
      break;
    case "failed":
      change({ state: "failed", message: event.text });
      break;
  }
}

function change(part: Partial<TrainingNow>): void {
  training.value = { ...(training.value ?? fresh), ...part };
}
