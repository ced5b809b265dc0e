import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SaenoError } from "@saeno/backend";
import type { Progress } from "@saeno/experiments";
import { followRuns, type RunStatus, type RunStatuses } from "@saeno/experiments/node";
import type { Command } from "commander";
import { filePath } from "../flags/paths.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { formatSeconds } from "../terminal/progress.ts";
import { sparkline } from "../terminal/sparkline.ts";
import { textTable } from "../terminal/text-table.ts";

/** Milliseconds between looks; and for how many of them nothing must go on in a folder until it is over: another run may follow. */
const [lookEvery, quietLooks] = [1000, 5];

/** `saeno watch RUN`: how trainings of other processes are doing. */
export function watchCommand(program: Command): void {
  program
    .command("watch")
    .summary("follow a training that runs elsewhere")
    .description(
      "Follows a run that another process trains, or all runs in a folder, such as a sweep: step, loss, relative error, concepts, speed and time left.\n" +
        "It only reads config.json, metrics.jsonl and lock, and waits for a run that has not started yet.\n" +
        "A run is waiting, running, finished, interrupted, or stale: its process is gone, and it has not grown for two minutes.\n" +
        "Ends when no run is training any more, with exit code 0 if all are finished.",
    )
    .argument("<run>", "a run folder, or a folder of runs", filePath)
    .option("--once", "show how the runs are doing now, and exit")
    .option("--json", "print the state of the runs at the end as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  saeno watch runs/flow
  saeno watch runs/sweep-1 --once
  saeno watch runs/sweep-1 --once --json
  saeno watch runs/flow --progress json 2> progress.jsonl && saeno eval runs/flow --grids 64`,
    )
    .action(async (place: string, flags: { once?: boolean; json?: boolean }) => {
      const output = createOutput(flags);
      const look = followRuns(place);
      const statuses = flags.once ? (await look()).runs : await follow(look, place, output);
      const runs = statuses.map(({ place: run, losses: _, ...status }) => ({ run, ...status }));
      output.result({ runs }, statusTable(place, statuses));
      const left = statuses.filter(({ state }) => state !== "finished");
      if (flags.once || left.length === 0) return;
      throw new SaenoError(
        "watch.unfinished",
        `${left.length} of ${statuses.length} runs did not finish: ${left.map((run) => `${run.place} (${run.state}, step ${run.step})`).join(", ")}. To continue: saeno resume RUN, or the command of a sweep again.`,
        { kind: "data" },
      );
    });
}

async function follow(look: () => Promise<RunStatuses>, place: string, output: Output): Promise<readonly RunStatus[]> {
  const bars = new Map<string, Progress>();
  const told = new Map<string, string>();
  const most = Math.max(1, (process.stderr.rows ?? 24) - 3);
  for (let quiet = quietLooks; ; ) {
    const { runs, isUnderway } = await look();
    for (const status of runs) {
      const { place: run, state, step, steps } = status;
      const name = nameOf(run, place);
      if (told.get(run) !== state && (told.has(run) || !["running", "finished"].includes(state)))
        output.say(`${name} is ${state}${state === "waiting" ? ": nothing is written yet" : ` at step ${step}`}`);
      told.set(run, state);
      if (state === "running" && steps !== undefined && bars.size < most && !bars.has(run))
        bars.set(run, output.progress(name, steps, step));
      bars.get(run)?.update(step, detailOf(status), numbersOf(status));
      if (state === "running") continue;
      bars.get(run)?.stop();
      bars.delete(run);
    }
    quiet = isUnderway ? 0 : quiet + 1;
    if (quiet > (runs[0]?.place === place ? 0 : quietLooks)) return runs;
    await sleep(lookEvery);
  }
}

/** A run of a folder, by what it is called there. */
function nameOf(run: string, folder: string): string {
  return run === folder ? run : relative(folder, run);
}

function detailOf({ losses, loss, relativeError, activeConcepts, deadConcepts = 0, stepsPerSecond }: RunStatus) {
  return [
    ...(loss === undefined ? [] : [`loss ${loss.toPrecision(3)} ${sparkline(losses)}`]),
    ...(relativeError === undefined ? [] : [`relative error ${relativeError.toFixed(3)}`]),
    ...(activeConcepts === undefined
      ? []
      : [`${activeConcepts} concepts${deadConcepts > 0 ? `, ${deadConcepts} dead` : ""}`]),
    ...(stepsPerSecond === undefined ? [] : [`${stepsPerSecond.toFixed(1)} steps/s`]),
  ].join("  ");
}

function numbersOf({ place: _, state: __, losses: ___, ...numbers }: RunStatus) {
  return numbers;
}

function statusTable(folder: string, statuses: readonly RunStatus[]): string {
  const rows = statuses.map(({ place, state, step, steps, losses, eta, ...last }) => [
    nameOf(place, folder),
    state,
    String(step),
    String(steps ?? "-"),
    last.loss?.toPrecision(3) ?? "-",
    last.relativeError?.toFixed(3) ?? "-",
    String(last.activeConcepts ?? "-"),
    last.stepsPerSecond?.toFixed(1) ?? "-",
    eta === undefined ? "" : formatSeconds(eta),
    sparkline(losses),
  ]);
  return textTable([
    ["run", "state", "step", "of", "loss", "relative error", "concepts", "steps/s", "ETA", "loss so far"],
    ...rows,
  ]);
}
