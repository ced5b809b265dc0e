/** How opening data reports what it is doing; the reporters of `@saeno/experiments` implement it. */
export interface DataReporter {
  /** A line for people: a message, or what looks wrong while the work continues. */
  say(line: string, kind?: "warning"): void;
  /** Work of `total` parts begins. */
  progress(label: string, total: number): DataProgress;
}

export interface DataProgress {
  update(done: number): void;
  stop(): void;
}

/** Progress that appears with the first part, so that work which is not needed shows none. */
export function delayedProgress(
  reporter: DataReporter,
  label: string,
): { update(done: number, total: number): void; stop(): void } {
  let bar: DataProgress | undefined;
  return {
    update(done, total) {
      bar ??= reporter.progress(label, total);
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}
