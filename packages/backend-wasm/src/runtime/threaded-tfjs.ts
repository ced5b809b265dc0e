/**
 * Only the threaded build of tfjs has memory that threads can share, and in Node tfjs never loads it by itself.
 * That build starts eight workers and waits until each reports that it is ready; with a thread count of one it never gives
 * them work. Objects that report and do nothing else take their place: the threads that work are ours.
 */
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { env } from "@tensorflow/tfjs-core";

/** Makes tfjs load its threaded build while `start` runs. */
export async function withThreadedTfjs(start: () => Promise<void>): Promise<void> {
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  setThreadsCount(1);
  // In Node the build takes its workers from this module, and leaves the class behind as a global.
  const node = globalThis.process?.getBuiltinModule?.("node:worker_threads") as { Worker: unknown } | undefined;
  const globals = globalThis as { Worker?: unknown };
  const [nodeWorker, globalWorker] = [node?.Worker, globals.Worker];
  if (node === undefined) globals.Worker = AnsweringWorker;
  else node.Worker = AnsweringWorker;
  try {
    await start();
  } finally {
    if (node !== undefined) node.Worker = nodeWorker;
    if (globalWorker === undefined) delete globals.Worker;
    else globals.Worker = globalWorker;
  }
}

/** What the threaded build sees of a worker that it gives no work. */
class AnsweringWorker {
  onmessage?: (event: { readonly data: unknown }) => void;

  postMessage({ cmd }: { readonly cmd: string }): void {
    if (cmd !== "load") throw new Error(`tfjs gave a thread work ("${cmd}") although it was told to use one thread.`);
    queueMicrotask(() => this.onmessage?.({ data: { cmd: "loaded" } }));
  }

  on(): void {}
  ref(): void {}
  unref(): void {}
  terminate(): void {}
}
