import type { Progress } from "@saeno/experiments";
import { Presets, SingleBar } from "cli-progress";
import { printableLine } from "./printable.ts";

/** Elsewhere than on a terminal, seconds between lines. */
const lineEvery = 10;

/** A progress bar on stderr: one moving line on a terminal; elsewhere a plain line every ten seconds and one at the end, each with its time. */
export function createProgress(given: string, total: number): Progress {
  const label = printableLine(given);
  const started = performance.now();
  const remaining = (done: number) => {
    const seconds = ((performance.now() - started) / 1000 / Math.max(1, done)) * (total - done);
    return done === 0 ? "" : `ETA ${formatSeconds(seconds)}`;
  };
  if (!process.stderr.isTTY) {
    let last = started;
    return {
      update(done, detail = "") {
        const now = performance.now();
        if (done < total && now - last < 1000 * lineEvery) return;
        last = now;
        const parts = [new Date().toTimeString().slice(0, 8), `${label} ${done}/${total}`, printableLine(detail)];
        process.stderr.write(`${[...parts, done < total ? remaining(done) : ""].filter(Boolean).join("  ")}\n`);
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
