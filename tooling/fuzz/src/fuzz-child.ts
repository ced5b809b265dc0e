/** A process that reads inputs for another, which watches it: what crashes or hangs here is found there. */
import { closeSync, openSync, writeSync } from "node:fs";
import { guardAllocations } from "./engine/allocations.ts";
import type { Answer, Job } from "./engine/job.ts";
import { inputOf, runInput } from "./engine/run-input.ts";
import { addFault, addOutcome, emptyTally } from "./engine/tally.ts";
import type { FuzzTarget, PreparedTarget } from "./target.ts";

/** Nothing that a reader does may take more than this, program and all. */
const mostResidentMb = 500;

const guard = guardAllocations();
// Loaded after the arrays are watched.
const { findTarget } = await import("./targets/targets.ts");
const progress = openSync(process.argv[2], "r+");
const position = Buffer.from(new ArrayBuffer(8));
let current: { target: FuzzTarget; prepared: PreparedTarget } | undefined;
let unhandled: unknown[] = [];
process.on("unhandledRejection", (error) => unhandled.push(error));

process.on("message", (job: Job) => {
  runJob(job).then(
    (tally) => answer({ tally }),
    (error: unknown) => answer({ failed: error instanceof Error ? String(error.stack) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

async function runJob({ target: name, seed, from, to }: Job) {
  const tally = emptyTally();
  if (current?.target.name !== name) {
    await current?.prepared.close?.();
    const target = findTarget(name);
    current = { target, prepared: await target.prepare() };
  }
  const { target, prepared } = current;
  for (let number = from; number < to; number++) {
    position.writeDoubleLE(number);
    writeSync(progress, position, 0, 8, 0);
    const before = peakMb();
    const input = inputOf(prepared, target, seed, number);
    const outcome = await runInput(input, number < prepared.whole.length, { guard, arrayMb: target.arrayMb });
    addOutcome(tally, name, number, outcome);
    const after = peakMb();
    if (after > mostResidentMb && before <= mostResidentMb) {
      addFault(tally, {
        target: name,
        input: number,
        problem: `memory: ${after.toFixed(0)} MB resident, ${before.toFixed(0)} before`,
        count: 1,
      });
    }
    for (const error of unhandled) {
      addFault(tally, { target: name, input: number, problem: `nobody handles: ${String(error)}`, count: 1 });
    }
    unhandled = [];
    // Let promises and timers of what was read end.
    if (number % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  tally.peakMb = peakMb();
  return tally;
}

function peakMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function answer(message: Answer): void {
  process.send?.(message);
  if ("failed" in message) {
    closeSync(progress);
    process.exit(1);
  }
}
