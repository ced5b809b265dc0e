import { type ChildProcess, fork } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Fault } from "../target.ts";
import type { Answer, Job } from "./job.ts";
import { addFault, addTally, emptyTally, type Tally } from "./tally.ts";

export interface SuperviseOptions {
  /** Processes at a time. */
  readonly jobs: number;
  /** An input that takes longer hangs. */
  readonly limitSeconds: number;
  /** The module that the processes run. */
  readonly program: URL;
  readonly onProgress?: (done: number) => void;
}

/** A process that grew to this is replaced by a fresh one before its next job. */
const freshAboveMb = 350;

/** Does jobs in processes, each watched: one that crashes or hangs is replaced, its input recorded, and the rest goes on. */
export async function supervise(jobs: readonly Job[], options: SuperviseOptions): Promise<Map<string, Tally>> {
  const folder = mkdtempSync(join(tmpdir(), "saeno-fuzz-"));
  const queue = [...jobs];
  const tallies = new Map<string, Tally>();
  const tallyOf = (target: string) => {
    const tally = tallies.get(target) ?? emptyTally();
    tallies.set(target, tally);
    return tally;
  };
  let done = 0;
  try {
    await Promise.all(
      Array.from({ length: Math.min(options.jobs, queue.length) }, async (_, i) => {
        const worker = watchedProcess(join(folder, `progress-${i}`), options);
        try {
          for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
            const result = await worker.run(job);
            if ("tally" in result) {
              addTally(tallyOf(job.target), result.tally);
              done += result.tally.inputs;
              options.onProgress?.(done);
              continue;
            }
            const { target } = job;
            const { input, problem } = result;
            const tally = tallyOf(target);
            addFault(tally, { target, input, problem, count: 1 });
            tally.inputs++;
            done++;
            if (problem.startsWith("hang")) tally.hangs++;
            // What came before it was not counted yet.
            queue.unshift(
              ...[
                { ...job, to: input },
                { ...job, from: input + 1 },
              ].filter(({ from, to }) => from < to),
            );
          }
        } finally {
          worker.end();
        }
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tallies;
}

type Result = { readonly tally: Tally } | { readonly input: number; readonly problem: string };

/** A process, and the file in which it says at which input it is. */
function watchedProcess(progress: string, { limitSeconds, program }: SuperviseOptions) {
  writeFileSync(progress, new Uint8Array(8));
  const file = openSync(progress, "r");
  let child: ChildProcess | undefined;
  let last: string | undefined;
  let peakMb = 0;
  const position = () => {
    const bytes = Buffer.alloc(8);
    readSync(file, bytes, 0, 8, 0);
    return bytes.readDoubleLE();
  };
  const stop = () => {
    child?.kill("SIGKILL");
    child = undefined;
    peakMb = 0;
  };

  function run(job: Job): Promise<Result> {
    if (last !== job.target || peakMb > freshAboveMb) stop();
    last = job.target;
    // Numbers below the first of a job are of one before.
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(-1);
    writeFileSync(progress, bytes, { flag: "r+" });
    child ??= fork(program, [progress], {
      execArgv: ["--max-old-space-size=256"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      // What it leaves behind when it is killed goes with the folder.
      env: { ...process.env, TMPDIR: dirname(progress) },
    });
    const running = child;
    return new Promise((resolve, reject) => {
      let words = "";
      let [at, since] = [-1, performance.now()];
      const watch = setInterval(() => {
        const now = position();
        if (now !== at) [at, since] = [now, performance.now()];
        // It takes a while to begin, on a busy machine.
        else if (performance.now() - since > 1000 * limitSeconds * (at < 0 ? 6 : 1)) {
          if (at < 0) {
            stop();
            finish(() => reject(new Fault(`${job.target}: its process does not begin.\n${words}`)));
          } else {
            stop();
            finish(() => resolve({ input: at, problem: `hang: longer than ${limitSeconds} s` }));
          }
        }
      }, 200);
      const onWords = (chunk: Buffer) => {
        words = (words + chunk.toString()).slice(-2000);
      };
      const onMessage = (answer: Answer) =>
        finish(() => {
          if ("failed" in answer) {
            stop();
            reject(new Fault(`${job.target} cannot be prepared: ${answer.failed}`));
          } else {
            ({ peakMb } = answer.tally);
            resolve(answer);
          }
        });
      const onExit = (code: number | null, signal: string | null) => {
        child = undefined;
        const input = position();
        if (input < 0)
          finish(() => reject(new Fault(`${job.target}: its process ended (${signal ?? code}).\n${words}`)));
        else
          finish(() =>
            resolve({ input, problem: `crash: the process ended (${signal ?? code}) ${words.trim().slice(-300)}` }),
          );
      };
      const finish = (settle: () => void) => {
        clearInterval(watch);
        running.stderr?.off("data", onWords);
        running.off("message", onMessage).off("exit", onExit);
        settle();
      };
      running.stderr?.on("data", onWords);
      running.on("message", onMessage).on("exit", onExit);
      running.send(job);
    });
  }

  return {
    run,
    end() {
      stop();
      closeSync(file);
    },
  };
}
