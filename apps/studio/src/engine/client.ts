/** The engine, seen from the page. */
import { proxy, type Remote, wrap } from "comlink";
import type { BackendName } from "./backends.ts";
import type { Engine, EngineInfo } from "./engine.ts";
import { startWorker } from "./start-worker.ts";

export interface RunningEngine {
  readonly engine: Remote<Engine>;
  readonly info: EngineInfo;
  stop(): void;
}

/** Starts the engine in a worker of its own, with one backend: another backend takes another engine. */
export async function startEngine(backend: BackendName): Promise<RunningEngine> {
  const worker = startWorker();
  const engine = wrap<Engine>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message || "saeno's worker did not start."));
  });
  try {
    const info = await Promise.race([engine.start(backend, document.baseURI), failed]);
    return { engine, info, stop: () => worker.terminate() };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

export { proxy as callback };
