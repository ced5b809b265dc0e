/**
 * Whether a backend trains faster on this machine than the usual one: nobody can tell without measuring. A race takes about two seconds, and what
 * came of it is remembered, so that `auto` can take the faster.
 */
import { disposeCodes } from "@saeno/activations";
import { type BackendPlugin, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { type SparseAutoencoder, saeFno, saeMlp } from "@saeno/core";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { tensor, version_core } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { saenoVersion } from "./runs/save-run.ts";

/** Milliseconds of a training step of each measured model. */
export type StepTimes = Readonly<Record<MeasuredModel, number>>;
export type MeasuredModel = "SAE-FNO" | "SAE-MLP";

interface Measured {
  readonly summary: string;
  readonly shape: readonly number[];
  create(): SparseAutoencoder;
}

/** What is trained: small enough for plain JavaScript to take a step in a second, large enough for a GPU to have something to do. */
const measured: Readonly<Record<MeasuredModel, Measured>> = {
  "SAE-FNO": {
    summary: "64 concepts, 12 x 12 modes, batches of 16 on 32 x 32",
    shape: [16, 32, 32, 1],
    create: () => saeFno({ channels: 1, concepts: 64, active: 8, modes: [12, 12] }),
  },
  "SAE-MLP": {
    summary: "1024 concepts, batches of 64 vectors of 256",
    shape: [64, 256],
    create: () => saeMlp({ inputs: 256, concepts: 1024, active: 16 }),
  },
};

export const measuredModels: readonly MeasuredModel[] = ["SAE-FNO", "SAE-MLP"];

/** In words, for people. */
export function measuredSteps(): string {
  return measuredModels.map((name) => `${name}, ${measured[name].summary}`).join("; ");
}

/**
 * Trains each model on random numbers for about `seconds`, after a first step that does not count: programs are made in it. One that takes ten times as
 * long is all that is measured. The backend stays in use.
 *
 * @throws SaenoError as `useBackend`.
 */
export async function stepTimes(plugin: BackendPlugin, { seconds = 0.5 } = {}): Promise<StepTimes> {
  await useBackend(plugin);
  const times: Partial<Record<MeasuredModel, number>> = {};
  for (const name of measuredModels) times[name] = await stepTime(measured[name], seconds);
  return times as StepTimes;
}

async function stepTime({ shape, create }: Measured, seconds: number): Promise<number> {
  const model = create();
  const x = tensor(createRandom(0).normals(sizeOf(shape)), [...shape]);
  const optimizer = adam();
  try {
    const parameters = prepareTraining(model, x);
    const step = async () => {
      const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 0.001 });
      await loss.data();
      loss.dispose();
      disposeCodes(codes);
    };
    const begun = performance.now();
    await step();
    const started = performance.now();
    if (seconds > 0 && started - begun > 10_000 * seconds) return started - begun;
    let [steps, elapsed] = [0, 0];
    do {
      await step();
      steps++;
      elapsed = performance.now() - started;
    } while (elapsed < 1000 * seconds);
    return elapsed / steps;
  } finally {
    x.dispose();
    optimizer.dispose();
    model.dispose();
  }
}

/** The backend that is taken unless the other proves to be faster. */
export interface Contenders {
  readonly usual: BackendPlugin;
  readonly challenger: BackendPlugin;
}

/** What was measured, and on what. */
export interface BackendRace {
  /** Versions, and the processor. */
  readonly machine: string;
  /** What the challenger runs on, as it describes itself: the adapter. */
  readonly adapter: string;
  readonly times: { readonly usual: StepTimes; readonly challenger: StepTimes };
}

/** Where a race is remembered: one text. Nothing that is wrong with it may keep a program from running. */
export interface RaceMemory {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/**
 * Lets two backends train the same models, one after the other; the challenger's stays in use. Nothing where the challenger is not available,
 * does not get to the end, or is software that imitates hardware: that loses, and takes minutes to.
 *
 * @param options.time how a backend is timed; default {@link stepTimes}.
 * @throws SaenoError as `useBackend`, of the usual one.
 */
export async function raceBackends(
  { usual, challenger }: Contenders,
  { time = stepTimes }: { readonly time?: (plugin: BackendPlugin) => Promise<StepTimes> } = {},
): Promise<BackendRace | undefined> {
  const availability = await challenger.available();
  if (!availability.available || availability.software) return undefined;
  const times = { usual: await time(usual), challenger: await time(challenger).catch(() => undefined) };
  return times.challenger && raceOf(availability.detail, { ...times, challenger: times.challenger });
}

/** A race that was run by other means on this machine. */
export function raceOf(adapter: string, times: BackendRace["times"]): BackendRace {
  return { machine: machineKey(), adapter, times };
}

/** Whether the challenger was faster: in the geometric mean over the models. */
export function challengerWins({ times: { usual, challenger } }: BackendRace): boolean {
  return measuredModels.reduce((ratio, model) => (ratio * challenger[model]) / usual[model], 1) < 1;
}

export async function rememberRace(memory: RaceMemory, race: BackendRace): Promise<void> {
  await memory.write(`${JSON.stringify(race, undefined, 2)}\n`);
}

/** Made where it is used: pages that let nothing race do not load it. */
function raceSchema() {
  const milliseconds = v.pipe(v.number(), v.gtValue(0), v.finite());
  const times = v.object({ "SAE-FNO": milliseconds, "SAE-MLP": milliseconds });
  return v.object({
    machine: v.string(),
    adapter: v.string(),
    times: v.object({ usual: times, challenger: times }),
  });
}

/** The race that is remembered of this machine with these versions; nothing where there is none, or none that can be read. */
export async function recallRace(memory: RaceMemory): Promise<BackendRace | undefined> {
  try {
    const race = v.parse(raceSchema(), JSON.parse((await memory.read()) ?? "null"));
    return race.machine === machineKey() ? race : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether `auto` should take the challenger: it won the race that is remembered, and runs on the adapter it won with. Does not look at an adapter
 * that lost, which would start its driver.
 */
export async function takesChallenger(memory: RaceMemory, challenger: BackendPlugin): Promise<boolean> {
  const race = await recallRace(memory);
  if (race === undefined || !challengerWins(race)) return false;
  const availability = await challenger.available().catch(() => undefined);
  return availability?.available === true && availability.detail === race.adapter;
}

/**
 * The faster of two backends on this machine, for {@link useBackend}: as remembered, otherwise by a race of about two seconds. Pages, which have no
 * `saeno doctor`, call it with {@link pageMemory}.
 */
export async function fasterBackend(
  contenders: Contenders,
  memory: RaceMemory,
  options: Parameters<typeof raceBackends>[1] = {},
): Promise<BackendPlugin> {
  const { usual, challenger } = contenders;
  if ((await recallRace(memory)) === undefined) {
    const race = await raceBackends(contenders, options);
    // What cannot be remembered is measured again.
    if (race !== undefined) await rememberRace(memory, race).catch(() => {});
    if (race !== undefined) return challengerWins(race) ? challenger : usual;
  }
  return (await takesChallenger(memory, challenger)) ? challenger : usual;
}

/** The page's `localStorage`; where that is not to be had (workers, private windows), as long as the page is open. */
export function pageMemory(key = "saeno.race"): RaceMemory {
  let last: string | undefined;
  return {
    async read() {
      try {
        return globalThis.localStorage.getItem(key) ?? last;
      } catch {
        return last;
      }
    },
    async write(text) {
      last = text;
      try {
        globalThis.localStorage.setItem(key, text);
      } catch {
        // It is known for now.
      }
    },
  };
}

function machineKey(): string {
  const os = globalThis.process?.getBuiltinModule?.("node:os");
  const processor =
    os === undefined
      ? [globalThis.navigator?.userAgent, `${globalThis.navigator?.hardwareConcurrency} cores`]
      : [`Node ${process.versions.node}`, os.cpus()[0]?.model.trim(), `${os.availableParallelism()} cores`];
  return [`saeno ${saenoVersion}`, `tfjs ${version_core}`, ...processor].join(", ");
}
