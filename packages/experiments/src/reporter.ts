export { delayedProgress } from "@saeno/datasets";

/** How an experiment reports what it is doing: a terminal, a page or a log implements it. */
export interface Reporter {
  /** A line for people: a message, or what looks wrong while the work continues. */
  say(line: string, kind?: "warning"): void;
  /** Work of `total` parts begins, `begun` of which are already done. */
  progress(label: string, total: number, begun?: number): Progress;
}

export interface Progress {
  /** How many parts are done, what to show people next to that, and its numbers for programs. */
  update(done: number, detail?: string, numbers?: Readonly<Record<string, number | undefined>>): void;
  stop(): void;
}

/** Says nothing. */
export const silent: Reporter = { say() {}, progress: () => ({ update() {}, stop() {} }) };
