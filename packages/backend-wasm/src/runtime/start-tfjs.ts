/**
 * Starts tfjs's module with the binary that it is given, and with memory that threads can share if that is wanted.
 *
 * tfjs asks for its binary by `fetch`, at an address beside the page's scripts, where bundlers do not put it: while it starts, that request is
 * answered with the bytes. Only its threaded build has memory that can be shared, and in Node tfjs never loads it by itself. That build
 * starts eight workers and waits until each reports that it is ready; with a thread count of one it never gives them work. Objects that report
 * and do nothing else take their place: the threads that work are ours.
 */
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { env } from "@tensorflow/tfjs-core";

/** The address under which tfjs asks for the binary. */
const asked = "saeno-tfjs-binary.wasm";

/** Runs `start`, which makes tfjs load its module. */
export async function withTfjsModule(
  start: () => Promise<void>,
  { binary, shared }: { readonly binary: Uint8Array<ArrayBuffer> | undefined; readonly shared: boolean },
): Promise<void> {
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", shared);
  const globals: { fetch: typeof globalThis.fetch; Worker?: unknown } = globalThis;
  const { fetch } = globals;
  const original = { fetch, ...("Worker" in globals && { Worker: globals.Worker }) };
  // In Node the build takes its workers from this module, and leaves the class behind as a global.
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads") as { Worker: unknown } | undefined;
  const nodeWorker = threads?.Worker;
  if (binary !== undefined) {
    setWasmPaths({
      "tfjs-backend-wasm.wasm": asked,
      "tfjs-backend-wasm-simd.wasm": asked,
      "tfjs-backend-wasm-threaded-simd.wasm": asked,
    });
    const answer = async () => new Response(binary, { headers: { "content-type": "application/wasm" } });
    globals.fetch = (input, init) => (input === asked ? answer() : fetch(input, init));
  }
  if (shared) {
    setThreadsCount(1);
    (threads ?? globals).Worker = AnsweringWorker;
  }
  try {
    await start();
  } finally {
    if (threads !== undefined) threads.Worker = nodeWorker;
    delete globals.Worker;
    Object.assign(globals, original);
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
