/**
 * A thread of the pool: instantiates the kernels on the shared memory, then serves calls until the program ends. It runs as it is, in workers of
 * browsers and of Node, so that a page can load it as a file of its own; what it must know of the control block comes with the first message.
 */
function serve({ module, wide, memory, block, names, layout, post }) {
  const { words, CLOSED, FAILED, joining, patience } = layout;
  const all = new Int32Array(memory.buffer);
  const sleep = (address, expected) => void Atomics.wait(all, address >>> 2, expected, 1);
  const env = { memory, sleep };
  const wideKernels = wide && new WebAssembly.Instance(wide, { env }).exports;
  const kernels = new WebAssembly.Instance(module, { env, wide: wideKernels ?? none }).exports;
  if (wideKernels) kernels.useWideKernels(1);
  const control = new Int32Array(memory.buffer, block, layout.bytes / 4);
  let turn = Atomics.load(control, words.turn);
  let joined = -1;
  post("ready");
  for (;;) {
    const enough = performance.now() + patience;
    for (let spins = 1; Atomics.load(control, words.turn) === turn; spins++) {
      if (spins % 1000 === 0 && performance.now() > enough) break;
    }
    while (Atomics.load(control, words.turn) === turn) Atomics.wait(control, words.turn, turn);
    turn = Atomics.load(control, words.turn);
    let members = Atomics.load(control, words.members);
    for (let found; (members & CLOSED) === 0 && members >> 16 !== joined; members = found) {
      found = Atomics.compareExchange(control, words.members, members, members + joining);
      if (found === members) break;
    }
    if ((members & CLOSED) !== 0 || members >> 16 === joined) continue;
    joined = members >> 16;
    const thread = ((members >> 8) & 255) + 1;
    const [name, threads, scratch, step] = [0, 1, 2, 3].map((i) => Atomics.load(control, words.call + i));
    try {
      kernels[names[name]](block, thread, threads, scratch + thread * step);
    } catch {
      Atomics.or(control, words.status, FAILED);
    }
    Atomics.sub(control, words.members, 1);
    Atomics.notify(control, words.members);
  }
}

/** Stands for kernels that are not there, and that nothing calls then. */
const none = new Proxy({}, { get: () => () => {} });

const parent = globalThis.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
if (parent) parent.once("message", (data) => serve({ ...data, post: (message) => parent.postMessage(message) }));
else globalThis.onmessage = ({ data }) => serve({ ...data, post: (message) => globalThis.postMessage(message) });
