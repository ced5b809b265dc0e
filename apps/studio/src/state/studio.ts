/** What the page knows: the engine, the run that is open, and its concepts. */
import { computed, effect, signal } from "@preact/signals";
import type { Remote } from "comlink";
import type { BackendName } from "../engine/backends.ts";
import { callback, type RunningEngine, startEngine } from "../engine/client.ts";
import type { ConceptList, Engine } from "../engine/engine.ts";
import type { RunInfo } from "../engine/run-session.ts";
import { address } from "./address.ts";

/** Something that is waited for. */
export type Loading<Value> =
  | { readonly state: "none" }
  | { readonly state: "loading"; readonly share?: number; readonly doing: string }
  | { readonly state: "ready"; readonly value: Value }
  | { readonly state: "failed"; readonly why: string };

export const engine = signal<Loading<RunningEngine>>({ state: "none" });
export const run = signal<Loading<RunInfo>>({ state: "none" });
export const beside = signal<Loading<RunInfo>>({ state: "none" });
/** How often the model that is open was taken anew, as while it is trained: what is known of it is asked again. */
export const renewals = signal(0);
export const concepts = signal<Loading<ConceptList>>({ state: "none" });

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The engine once it runs. */
export async function running(): Promise<Remote<Engine>> {
  if (engine.value.state !== "ready")
    await new Promise<void>((resolve) => {
      const stop = engine.subscribe(({ state }) => {
        if (state !== "ready") return;
        resolve();
        queueMicrotask(() => stop());
      });
    });
  const now = engine.value;
  if (now.state !== "ready") throw new Error("The engine does not run.");
  return now.value.engine;
}

/** Starts the engine anew with a backend; what is open is opened again. */
export async function useBackend(backend: BackendName): Promise<void> {
  if (engine.value.state === "ready") engine.value.value.stop();
  engine.value = { state: "loading", doing: `starting ${backend}` };
  try {
    engine.value = { state: "ready", value: await startEngine(backend) };
  } catch (error) {
    engine.value = { state: "failed", why: messageOf(error) };
  }
}

/** What is found for a key, as long as the key stays the one that is asked for. */
function follow<Value>(
  target: { value: Loading<Value> },
  keyOf: () => string | undefined,
  load: (key: string, onShare: (share: number) => void) => Promise<Value>,
  doing: string,
): void {
  const wanted = computed(keyOf);
  effect(() => {
    const key = wanted.value;
    const isRunning = engine.value.state === "ready";
    if (key === undefined) {
      target.value = { state: "none" };
      return;
    }
    target.value = { state: "loading", doing };
    if (!isRunning) return;
    let isCurrent = true;
    load(key, (share) => {
      if (isCurrent) target.value = { state: "loading", doing, share };
    }).then(
      (value) => {
        if (isCurrent) target.value = { state: "ready", value };
      },
      (error) => {
        if (isCurrent) target.value = { state: "failed", why: messageOf(error) };
      },
    );
    return () => {
      isCurrent = false;
    };
  });
}

/** Follows the address of the page from now on. */
export function followAddress(): void {
  follow(
    run,
    () => address.value.run,
    async (place) => (await running()).open(place),
    "opening the run and its samples",
  );
  follow(
    beside,
    () => address.value.beside,
    async (place) => (await running()).open(place),
    "opening the other run",
  );
  follow(
    concepts,
    () => {
      const samples = run.value.state === "ready" ? run.value.value.samples : undefined;
      return samples && JSON.stringify([address.value.run, samples.name, renewals.value]);
    },
    async (_, onShare) =>
      (await running()).index(
        address.value.run ?? "",
        callback((done: number, total: number) => onShare(done / total)),
      ),
    "asking every concept where it fires",
  );
}

/** Opens the run again: it has changed. */
export async function reopen(info?: RunInfo): Promise<void> {
  const place = address.value.run;
  if (place === undefined) return;
  run.value = { state: "ready", value: info ?? (await (await running()).open(place)) };
}

/** Takes the model of the run anew: there is a newer one. */
export async function renew(): Promise<void> {
  const place = address.value.run;
  if (place === undefined) return;
  await (await running()).close(place);
  await reopen();
  renewals.value++;
}
