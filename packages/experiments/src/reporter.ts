export { delayedProgress } from "@saeno/datasets";

/** How an experiment tells what it is doing: a terminal, a page or a log implements it. */
export interface Reporter {
  /** A line for people. */
  say(line: string): void;
  /** Work of `total` parts begins. */
  progress(label: string, total: number): Progress;
}

export interface Progress {
  /** How many parts are done, and what to show beside that. */
  update(done: number, detail?: string): void;
  stop(): void;
}

/** Says nothing. */
export const silent: Reporter = { say() {}, progress: () => ({ update() {}, stop() {} }) };
