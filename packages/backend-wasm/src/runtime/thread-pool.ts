/**
 * Runs the kernels of `assembly/` on tfjs's own WebAssembly memory, on this thread and on workers that share it.
 * A call is synchronous: the caller's thread takes part in the work and returns when all of it is done.
 */
import { messageOf, SaenoError } from "@saeno/backend";
import { BLOCK_BYTES, CLOSED, FAILED } from "../../assembly/layout.ts";
import type { Locate } from "../files.ts";
import { atWork, callBits, words } from "./control-block.ts";
import { instantiate } from "./kernel-instance.ts";
import type { WasmModule } from "./wasm-memory.ts";
import { comparedBytes, compileWideKernels, joinsVectors } from "./wide-kernels.ts";
import { startWorker } from "./worker.ts";

export interface KernelCall {
  /** Bytes of scratch memory that each thread needs. */
  readonly scratch?: number;
  /** Roughly how many operations: a little work is not worth waking other threads for. Default: a lot. */
  readonly operations?: number;
}

export interface Kernels {
  readonly threads: number;
  /** Whether some kernels have vectors of 256 bits. */
  readonly wide: boolean;
  /** Why there are fewer threads than were asked for. */
  readonly problem?: string;
  /** Runs one exported function on 32-bit arguments; returns its status bits. */
  run(name: string, words: readonly number[], call?: KernelCall): number;
  /** Calls an exported function that only computes a number, on this thread. */
  compute(name: string, ...words: readonly number[]): number;
  /** Memory that stays in place until it is freed. @throws SaenoError `backend.memory` where there is none. */
  allocate(bytes: number): Allocation;
}

export interface Allocation {
  readonly address: number;
  /** A view, valid until the memory grows. */
  floats(): Float32Array;
  words(): Int32Array;
  free(): void;
}

/** Below this many operations a call stays on one thread: a wake-up costs as much. */
const smallest = 100_000;

/**
 * @param threads how many are wanted, this one included; more than one only if the memory is shared.
 * @param mayWiden whether the kernels have relaxed SIMD, and may be helped by those in vectors of 256 bits.
 */
export async function startKernels(
  wasm: WasmModule,
  binary: BufferSource,
  { threads: wanted, mayWiden }: { readonly threads: number; readonly mayWiden: boolean },
  locate?: Locate,
): Promise<Kernels> {
  const module = await WebAssembly.compile(binary);
  const memory = (wasm.asm.memory ?? wasm.wasmMemory) as WebAssembly.Memory;
  const wide = mayWiden ? await wideKernels(wasm, memory) : undefined;
  const exports = instantiate(module, memory, wide);
  const names = Object.keys(exports).sort();
  const indices = new Map(names.map((name, i) => [name, i]));
  const block = aligned(reserve(wasm, BLOCK_BYTES + 64));
  const cleared = new Int32Array(memory.buffer, block, BLOCK_BYTES / 4).fill(0);
  cleared[words.members] = CLOSED;
  cleared[words.awake] = mayWait ? 0 : 1;
  const starting = Array.from({ length: wanted - 1 }, () =>
    startWorker({ module, wide, memory, block, names }, locate),
  );
  const started = await Promise.allSettled(starting);
  const refused = started.filter((each) => each.status === "rejected");
  const threads = wanted - refused.length;
  const scratch = scratchMemory(wasm);

  function run(name: string, args: readonly number[], call: KernelCall = {}): number {
    const index = indices.get(name);
    if (index === undefined) throw new Error(`There is no kernel "${name}".`);
    const used = (call.operations ?? Number.POSITIVE_INFINITY) < smallest ? 1 : threads;
    const step = ((call.scratch ?? 0) + 63) & ~63;
    const first = scratch(step * used);
    const control = new Int32Array(memory.buffer, block, BLOCK_BYTES / 4);
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
      Atomics.store(control, words.members, CLOSED);
    }
    exports[name](block, 0, used, first);
    if (used > 1) closeCall(control);
    const status = control[words.status];
    if (status & FAILED) throw new Error(`The kernel "${name}" failed on a worker thread.`);
    return status;
  }
  return {
    threads,
    wide: wide !== undefined,
    ...(refused.length > 0 && { problem: messageOf(refused[0].reason) }),
    run,
    compute: (name, ...args) => exports[name](...args),
    allocate(bytes) {
      const held = reserve(wasm, bytes + 64);
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

/** The kernels of wide.ts, where they are faster; none where they cannot be had. */
async function wideKernels(wasm: WasmModule, memory: WebAssembly.Memory): Promise<WebAssembly.Module | undefined> {
  const held = reserve(wasm, comparedBytes + 64);
  try {
    const module = await compileWideKernels(memory.buffer instanceof SharedArrayBuffer);
    if (module === undefined) return undefined;
    const address = aligned(held);
    new Uint8Array(memory.buffer, address, comparedBytes).fill(0);
    return joinsVectors(module, memory, address) ? module : undefined;
  } catch {
    return undefined;
  } finally {
    wasm._free(held);
  }
}

/** Stops workers from joining and waits for those at work: spins, then sleeps where this thread may. */
function closeCall(control: Int32Array): void {
  let members = Atomics.or(control, words.members, CLOSED) | CLOSED;
  for (let spins = 0; (members & atWork) > 0; spins++) {
    if (spins > 20_000 && mayWait) Atomics.wait(control, words.members, members, 1);
    members = Atomics.load(control, words.members);
  }
}

/** The main thread of a browser must not sleep. */
const mayWait = typeof document === "undefined";

/** @throws SaenoError `backend.memory` where there is none. */
function reserve(wasm: WasmModule, bytes: number): number {
  const held = wasm._malloc(bytes);
  if (held !== 0) return held;
  throw new SaenoError(
    "backend.memory",
    `The memory of WebAssembly is full: there is no room for ${Math.ceil(bytes / 2 ** 20)} MB. Use smaller batches, or fewer concepts.`,
    { kind: "data" },
  );
}

/** Scratch memory that grows to the largest request and is never given back. */
function scratchMemory(wasm: WasmModule): (bytes: number) => number {
  let held = 0;
  let capacity = 0;
  return (bytes) => {
    if (bytes > capacity) {
      if (held !== 0) wasm._free(held);
      held = 0;
      capacity = 0;
      held = reserve(wasm, bytes + 64);
      capacity = bytes;
    }
    return aligned(held);
  };
}

/** The next whole cache line; addresses can exceed 2^31, where bit operations would be negative. */
function aligned(address: number): number {
  return Math.ceil((address >>> 0) / 64) * 64;
}
