/** The threads of the pool: what each runs, and how it is started in Node and in browsers. */
import type { Worker as NodeWorker } from "node:worker_threads";
import { BLOCK_BYTES, CLOSED, FAILED } from "../../assembly/layout.ts";
import { joining, kernelImports, words } from "./control-block.ts";

/** Milliseconds that a worker stays awake after a call: the next one usually follows at once, and waking up takes a tenth of a millisecond. */
const patience = 1;

/** What a worker runs: instantiates the module on the shared memory, then serves calls until the program ends. */
const workerSource = `
const kernelImports = ${kernelImports};
function serve({ module, memory, block, names, post }) {
  const { exports } = new WebAssembly.Instance(module, kernelImports(memory));
  const words = new Int32Array(memory.buffer, block, ${BLOCK_BYTES / 4});
  let turn = Atomics.load(words, ${words.turn});
  let joined = -1;
  post("ready");
  for (;;) {
    const enough = performance.now() + ${patience};
    for (let spins = 1; Atomics.load(words, ${words.turn}) === turn; spins++) {
      if (spins % 1000 === 0 && performance.now() > enough) break;
    }
    while (Atomics.load(words, ${words.turn}) === turn) Atomics.wait(words, ${words.turn}, turn);
    turn = Atomics.load(words, ${words.turn});
    let members = Atomics.load(words, ${words.members});
    for (let found; (members & ${CLOSED}) === 0 && members >> 16 !== joined; members = found) {
      found = Atomics.compareExchange(words, ${words.members}, members, members + ${joining});
      if (found === members) break;
    }
    if ((members & ${CLOSED}) !== 0 || members >> 16 === joined) continue;
    joined = members >> 16;
    const thread = ((members >> 8) & 255) + 1;
    const [name, threads, scratch, step] = [0, 1, 2, 3].map((i) => Atomics.load(words, ${words.call} + i));
    try {
      exports[names[name]](block, thread, threads, scratch + thread * step);
    } catch (error) {
      Atomics.or(words, ${words.status}, ${FAILED});
    }
    Atomics.sub(words, ${words.members}, 1);
    Atomics.notify(words, ${words.members});
  }
}`;

const nodePreamble = `const { parentPort } = process.getBuiltinModule("node:worker_threads");
parentPort.once("message", (data) => serve({ ...data, post: (message) => parentPort.postMessage(message) }));`;
const browserPreamble = "onmessage = ({ data }) => serve({ ...data, post: (message) => postMessage(message) });";

/** Starts a thread and waits until it is ready to serve calls. */
export async function startWorker(data: object): Promise<void> {
  const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  if (node !== undefined) {
    const worker: NodeWorker = new node.Worker(`${workerSource}\n${nodePreamble}`, { eval: true, execArgv: [] });
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.postMessage(data);
    });
    worker.unref();
    return;
  }
  const url = URL.createObjectURL(new Blob([`${workerSource}\n${browserPreamble}`], { type: "text/javascript" }));
  const worker = new Worker(url);
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = reject;
    worker.postMessage(data);
  });
  URL.revokeObjectURL(url);
}
