/** How a thread of the pool is started, in Node and in browsers. What it runs is `wasm/thread.js`. */
import type { Worker as NodeWorker } from "node:worker_threads";
import { BLOCK_BYTES, CLOSED, FAILED } from "../../assembly/layout.ts";
import { type Locate, threadWorker } from "../files.ts";
import { joining, words } from "./control-block.ts";

/** Milliseconds that a worker stays awake after a call: the next one usually follows at once, and waking up takes a tenth of a millisecond. */
const patience = 1;
const layout = { words, bytes: BLOCK_BYTES, CLOSED, FAILED, joining, patience };

/** Starts a thread and waits until it is ready to serve calls. */
export async function startWorker(given: object, locate: Locate | undefined): Promise<void> {
  const data = { ...given, layout };
  const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  if (node === undefined) return startInBrowser(data, locate);
  const { source } = await import("../generated/thread.ts");
  const worker: NodeWorker = new node.Worker(source, { eval: true, execArgv: [] });
  await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.postMessage(data);
  });
  worker.unref();
}

/** From the file, or from its text where that cannot be: of another origin, say, or left behind by a bundler. */
async function startInBrowser(data: object, locate: Locate | undefined): Promise<void> {
  try {
    await ready(threadWorker(locate), data);
  } catch (error) {
    const { source } = await import("../generated/thread.ts");
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    try {
      await ready(new Worker(address), data);
    } catch {
      throw error;
    } finally {
      URL.revokeObjectURL(address);
    }
  }
}

/** What a browser says of a worker that it does not start is an event, often without a message. */
function ready(worker: Worker, data: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = ({ message }) => {
      worker.terminate();
      reject(
        new Error(
          message ||
            "the script of a thread does not load: a policy (worker-src) forbids it, or wasm/thread.js is not served",
        ),
      );
    };
    worker.postMessage(data);
  });
}
