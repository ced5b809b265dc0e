import type { Progress } from "@saeno/experiments";
import { Presets, SingleBar } from "cli-progress";
import { printableLine } from "./printable.ts";

/** A progress bar on stderr: one moving line on a terminal, a plain line every tenth of the way elsewhere. */
export function createProgress(given: string, total: number): Progress {
  const label = printableLine(given);
  const started = performance.now();
  const remaining = (done: number) => {
    const seconds = ((performance.now() - started) / 1000 / Math.max(1, done)) * (total - done);
    return done === 0 ? "" : `ETA ${formatSeconds(seconds)}`;
  };
  if (!process.stderr.isTTY) {
    let printed = 0;
    return {
      update(done, detail = "") {
        const tenth = Math.floor((done * 10) / total);
        if (tenth === printed) return;
        printed = tenth;
        process.stderr.write(`${label} ${done}/${total} ${printableLine(detail)} ${remaining(done)}\n`);
      },
      stop() {},
    };
  }
  const bar = new SingleBar(
    {
      format: `${label} {bar} {value}/{total} {detail} {remaining}`,
      stream: process.stderr,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { detail: "", remaining: "" });
  return {
    update: (done, detail = "") => bar.update(done, { detail: printableLine(detail), remaining: remaining(done) }),
    stop: () => bar.stop(),
  };
}

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
