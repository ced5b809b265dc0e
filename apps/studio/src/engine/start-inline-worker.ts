/** In place of `start-worker.ts` where the page is a single file. */
import EngineWorker from "./worker.ts?worker&inline";

export function startWorker(): Worker {
  return new EngineWorker();
}
