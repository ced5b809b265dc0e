/**
 * Runs the kernels of `assembly/` on tfjs's own WebAssembly memory, on this thread and on workers that share it.
 * A call is synchronous: the caller's thread takes part in the work and returns when all of it is done.
 */
import type { Worker as NodeWorker } from "node:worker_threads";
import type { WasmModule } from "./wasm-memory.ts";

export interface KernelCall {
  /** Bytes of scratch memory that each thread needs. */
  readonly scratch?: number;
  /** Roughly how many operations: little work is not worth waking others. Default: much. */
  readonly operations?: number;
}

export interface Kernels {
  readonly threads: number;
  /** Runs one exported function on 32-bit arguments; returns its status bits. */
  run(name: string, words: readonly number[], call?: KernelCall): number;
  /** Calls an exported function that only computes, on this thread. */
  compute(name: string, ...words: readonly number[]): number;
  /** Memory that stays where it is until it is freed. */
  allocate(bytes: number): Allocation;
}

export interface Allocation {
  readonly address: number;
  /** A view, valid until the memory grows. */
  floats(): Float32Array;
  words(): Int32Array;
  free(): void;
}

/** The words of the control block; assembly/parallel.ts holds the same layout. */
const words = {
  counters: 512,
  barrier: 768,
  arrived: 784,
  status: 800,
  members: 816,
  turn: 832,
  awake: 848,
  call: 864,
} as const;
const blockBytes = 4096;
const failed = 1 << 30;

/**
 * Who takes part in a call: workers at work in the lowest eight bits, workers that joined in the next eight, in fourteen more which call it
 * is, and whether no more may join. A worker that wakes up late finds the call closed and goes back to sleep: nobody waits for it. One that
 * has done its share of a call does not join it again.
 */
const joining = 1 + (1 << 8);
const closed = 1 << 30;
const atWork = 255;
const callBits = 0x3fff;

/** Below this many operations a call stays on one thread: a wake-up costs as much. */
const smallest = 100_000;

/** Milliseconds that a worker stays awake after a call: the next one comes at once, and waking up takes a tenth of a millisecond. */
const patience = 1;

/** What a worker runs: instantiates the module on the shared memory, then serves calls until the program ends. */
const workerSource = `
function serve({ module, memory, block, names, post }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const words = new Int32Array(memory.buffer, block, ${blockBytes / 4});
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
    for (let found; (members & ${closed}) === 0 && members >> 16 !== joined; members = found) {
      found = Atomics.compareExchange(words, ${words.members}, members, members + ${joining});
      if (found === members) break;
    }
    if ((members & ${closed}) !== 0 || members >> 16 === joined) continue;
    joined = members >> 16;
    const thread = ((members >> 8) & 255) + 1;
    const [name, threads, scratch, step] = [0, 1, 2, 3].map((i) => Atomics.load(words, ${words.call} + i));
    try {
      exports[names[name]](block, thread, threads, scratch + thread * step);
    } catch (error) {
      Atomics.or(words, ${words.status}, ${failed});
    }
    Atomics.sub(words, ${words.members}, 1);
    Atomics.notify(words, ${words.members});
  }
}`;

const nodePreamble = `const { parentPort } = process.getBuiltinModule("node:worker_threads");
parentPort.once("message", (data) => serve({ ...data, post: (message) => parentPort.postMessage(message) }));`;
const browserPreamble = "onmessage = ({ data }) => serve({ ...data, post: (message) => postMessage(message) });";

/** @param threads how many, this one included; more than one only where the memory is shared. */
export async function startKernels(wasm: WasmModule, binary: Uint8Array, threads: number): Promise<Kernels> {
  const module = await WebAssembly.compile(binary as BufferSource);
  const memory = (wasm.asm.memory ?? wasm.wasmMemory) as WebAssembly.Memory;
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    string,
    (block: number, thread: number, threads: number, scratch: number) => void
  >;
  const names = Object.keys(exports).sort();
  const indices = new Map(names.map((name, i) => [name, i]));
  const block = aligned(wasm._malloc(blockBytes + 64));
  const cleared = new Int32Array(memory.buffer, block, blockBytes / 4).fill(0);
  cleared[words.members] = closed;
  cleared[words.awake] = mayWait ? 0 : 1;
  const starting = Array.from({ length: threads - 1 }, () => startWorker({ module, memory, block, names }));
  await Promise.all(starting);
  const scratch = scratchMemory(wasm);

  function run(name: string, args: readonly number[], call: KernelCall = {}): number {
    const index = indices.get(name);
    if (index === undefined) throw new Error(`There is no kernel "${name}".`);
    const used = (call.operations ?? Number.POSITIVE_INFINITY) < smallest ? 1 : threads;
    const step = ((call.scratch ?? 0) + 63) & ~63;
    const first = scratch(step * used);
    const control = new Int32Array(memory.buffer, block, blockBytes / 4);
    control.set(args);
    for (let i = 0; i < 16; i++) control[words.counters + 16 * i] = 0;
    control[words.arrived] = 0;
    control[words.status] = 0;
    control.set([index, used, first, step], words.call);
    if (used > 1) {
      const turn = control[words.turn] + 1;
      Atomics.store(control, words.members, (turn & callBits) << 16);
      Atomics.store(control, words.turn, turn);
      Atomics.notify(control, words.turn);
    } else {
      Atomics.store(control, words.members, closed);
    }
    exports[name](block, 0, used, first);
    if (used > 1) closeCall(control);
    const status = control[words.status];
    if (status & failed) throw new Error(`The kernel "${name}" failed on a worker thread.`);
    return status;
  }
  return {
    threads,
    run,
    compute: (name, ...args) => (exports[name] as unknown as (...args: readonly number[]) => number)(...args),
    allocate(bytes) {
      const held = wasm._malloc(bytes + 64);
      const address = aligned(held);
      return {
        address,
        floats: () => new Float32Array(memory.buffer, address, bytes / 4),
        words: () => new Int32Array(memory.buffer, address, bytes / 4),
        free: () => wasm._free(held),
      };
    },
  };
}

/** Lets no more workers join and waits for those at work: spins, then sleeps where this thread may. */
function closeCall(control: Int32Array): void {
  let members = Atomics.or(control, words.members, closed) | closed;
  for (let spins = 0; (members & atWork) > 0; spins++) {
    if (spins > 20_000 && mayWait) Atomics.wait(control, words.members, members, 1);
    members = Atomics.load(control, words.members);
  }
}

/** The main thread of a browser must not sleep. */
const mayWait = typeof document === "undefined";

/** Scratch memory that grows to the largest request and is kept. */
function scratchMemory(wasm: WasmModule): (bytes: number) => number {
  let held = 0;
  let capacity = 0;
  return (bytes) => {
    if (bytes > capacity) {
      if (held !== 0) wasm._free(held);
      capacity = bytes;
      held = wasm._malloc(bytes + 64);
    }
    return aligned(held);
  };
}

/** The next whole cache line; addresses go beyond 2^31, where bit operations would turn negative. */
function aligned(address: number): number {
  return Math.ceil((address >>> 0) / 64) * 64;
}

async function startWorker(data: object): Promise<void> {
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
