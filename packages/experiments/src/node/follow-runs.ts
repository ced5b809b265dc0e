import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import * as v from "valibot";
import { whoIsAt } from "./folder-lock.ts";
import { folderStore } from "./run-folder.ts";

/**
 * `waiting`: nothing is written yet. `running`: a process works on it. `finished`. `interrupted`: ended before all steps, in order.
 * `stale`: its process is gone, and it has not grown for some time.
 */
export type RunState = "waiting" | "running" | "finished" | "interrupted" | "stale";

/** The state of a run that another process trains. */
export interface RunStatus {
  readonly place: string;
  readonly state: RunState;
  /** Steps made. */
  readonly step: number;
  /** Steps asked for, once its configuration is written. */
  readonly steps?: number;
  /** Of each step; not a number where the loss was none. */
  readonly losses: readonly number[];
  /** Of the last step. */
  readonly loss?: number;
  readonly relativeError?: number;
  readonly activeConcepts?: number;
  readonly deadConcepts?: number;
  /** Over the last hundred steps. */
  readonly stepsPerSecond?: number;
  /** Seconds until all steps are made, while it is running. */
  readonly eta?: number;
}

/** The state of the runs in a folder. */
export interface RunStatuses {
  /** In the order of their names. */
  readonly runs: readonly RunStatus[];
  /** Whether one of them is waiting or running, or a process works on the folder itself, such as a sweep. */
  readonly isUnderway: boolean;
}

export interface FollowOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Seconds without growth after which a run whose process is gone is stale. Default: 120. */
  readonly staleAfter?: number;
}

/** Steps that the speed is measured over. */
const recentSteps = 100;

const number = v.pipe(
  v.nullable(v.number()),
  v.transform((value) => value ?? Number.NaN),
);
const lineSchema = v.object({
  step: v.number(),
  loss: number,
  relativeError: number,
  activeConcepts: v.exactOptional(v.number()),
  deadConcepts: v.exactOptional(v.number()),
  seconds: v.exactOptional(v.number()),
});
type Line = v.InferOutput<typeof lineSchema>;
const configSchema = v.object({ training: v.object({ steps: v.number() }) });
const summarySchema = v.object({ interrupted: v.optional(v.boolean(), false) });

/**
 * Follows a run, or all runs of a folder such as a sweep, without contacting the processes that train them. It waits for a run that is not there yet.
 *
 * @throws SaenoError `run.folder`, at the first look, for a file.
 * @returns what to call now and then: it reads what has been written since.
 */
export function followRuns(place: string, options: FollowOptions = {}): () => Promise<RunStatuses> {
  const followed = new Map<string, () => Promise<RunStatus>>();
  return async () => {
    const begun = (await changed(join(place, "config.json"))) ?? (await changed(join(place, "metrics.jsonl")));
    const { inside, isFile } = begun === undefined ? await folderStore.near(place) : { inside: [] };
    if (isFile) throw new SaenoError("run.folder", `${place} is a file. Name a run folder, or a folder of runs.`);
    for (const run of inside.length === 0 ? [place] : inside)
      if (!followed.has(run)) followed.set(run, followRun(run, options));
    // Until runs are there, the folder stood for one.
    if (inside.length > 0) followed.delete(place);
    const statuses = await Promise.all([...followed.values()].map((look) => look()));
    return {
      runs: statuses.sort((a, b) => (a.place < b.place ? -1 : 1)),
      isUnderway:
        statuses.some(({ state }) => state === "waiting" || state === "running") ||
        (inside.length > 0 && (await whoIsAt(place)) !== undefined),
    };
  };
}

function followRun(place: string, { now = Date.now, staleAfter = 120 }: FollowOptions): () => Promise<RunStatus> {
  const metrics = join(place, "metrics.jsonl");
  let end = 0;
  let losses: number[] = [];
  let recent: Line[] = [];
  /** Takes in what the file has grown by; all of it, where it is another than before. */
  const grow = async (): Promise<void> => {
    const { begin, content } = await wholeLines(metrics, end);
    if (begin === 0) [losses, recent] = [[], []];
    for (const text of content.toString().split("\n")) {
      const line = text === "" ? undefined : parsed(lineSchema, text);
      if (begin > 0 && text !== "" && line?.step !== losses.length + 1) {
        // It was cut back, and has grown beyond where it had been.
        end = 0;
        return grow();
      }
      if (line === undefined) continue;
      losses.push(line.loss);
      recent.push(line);
    }
    end = begin + content.length;
    recent = recent.slice(-recentSteps);
  };
  return async () => {
    // What is written last is read first: a run that nobody holds any more is read as it ended.
    const isHeld = (await whoIsAt(place)) !== undefined;
    const wasHeld = !isHeld && (await changed(join(place, "lock"))) !== undefined;
    const summary = await readJson(summarySchema, join(place, "summary.json"));
    const config = await readJson(configSchema, join(place, "config.json"));
    await grow();
    const grown = [await changed(metrics), await changed(join(place, "config.json"))].filter((at) => at !== undefined);
    const steps = config?.training.steps;
    const last = recent.at(-1);
    const step = last?.step ?? 0;
    const state = stateOf({
      summary,
      holder: isHeld ? "there" : wasHeld ? "gone" : undefined,
      idle: grown.length === 0 ? undefined : (now() - Math.max(...grown)) / 1000,
      staleAfter,
    });
    const stepsPerSecond = speedOf(recent);
    const { loss, relativeError, activeConcepts, deadConcepts } = last ?? {};
    const isRunning = state === "running" && steps !== undefined && stepsPerSecond !== undefined;
    return {
      place,
      state,
      step,
      losses,
      ...(steps === undefined ? {} : { steps }),
      ...(loss === undefined ? {} : { loss }),
      ...(relativeError === undefined ? {} : { relativeError }),
      ...(activeConcepts === undefined ? {} : { activeConcepts }),
      ...(deadConcepts === undefined ? {} : { deadConcepts }),
      ...(stepsPerSecond === undefined ? {} : { stepsPerSecond }),
      ...(isRunning ? { eta: Math.max(0, steps - step) / stepsPerSecond } : {}),
    };
  };
}

interface Signs {
  readonly summary: v.InferOutput<typeof summarySchema> | undefined;
  /** Whether the process that holds the run is there, where one does. */
  readonly holder: "there" | "gone" | undefined;
  /** Seconds since it has grown; `undefined` where there is nothing. */
  readonly idle: number | undefined;
  readonly staleAfter: number;
}

function stateOf({ summary, holder, idle, staleAfter }: Signs): RunState {
  if (holder === "there") return "running";
  if (summary !== undefined) return summary.interrupted ? "interrupted" : "finished";
  if (idle === undefined) return "waiting";
  if (holder === undefined) return "interrupted";
  return idle < staleAfter ? "running" : "stale";
}

function speedOf(lines: readonly Line[]): number | undefined {
  const [first, last] = [lines[0]?.seconds, lines.at(-1)?.seconds];
  if (first === undefined || last === undefined) return undefined;
  const speed = (lines.length - 1) / (last - first);
  return speed > 0 && Number.isFinite(speed) ? speed : undefined;
}

/** The lines after a place in a file up to the last whole one; those from its start, where it is shorter than that. */
async function wholeLines(file: string, after: number): Promise<{ readonly begin: number; readonly content: Buffer }> {
  const handle = await open(file).catch(() => undefined);
  try {
    const { size } = (await handle?.stat()) ?? { size: 0 };
    const begin = size < after ? 0 : after;
    const bytes = Buffer.alloc(size - begin);
    const { bytesRead } = (await handle?.read(bytes, 0, bytes.length, begin)) ?? { bytesRead: 0 };
    const read = bytes.subarray(0, bytesRead);
    return { begin, content: read.subarray(0, read.lastIndexOf("\n") + 1) };
  } finally {
    await handle?.close();
  }
}

async function readJson<O>(schema: v.GenericSchema<unknown, O>, file: string): Promise<O | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : parsed(schema, text);
}

/** Nothing if it is half written. */
function parsed<O>(schema: v.GenericSchema<unknown, O>, text: string): O | undefined {
  try {
    const { success, output } = v.safeParse(schema, JSON.parse(text));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}

/** When a file was last written, in milliseconds since 1970. */
async function changed(file: string): Promise<number | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.mtimeMs;
}
