/** The kernels on a memory; `wasm/thread.js` does the same for its thread. */

/** A kernel takes `(block, thread, threads, scratch)`; what only computes takes its own arguments. */
export type Exported = (...args: readonly number[]) => number;

export type Exports = Readonly<Record<string, Exported>>;

/** @param wide the kernels of wide.ts, where the engine joins vectors. */
export function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  wide?: WebAssembly.Module,
): Exports {
  const all = new Int32Array(memory.buffer);
  // How kernels wait (assembly/parallel.ts).
  const sleep = (address: number, expected: number) => void Atomics.wait(all, address >>> 2, expected, 1);
  const env = { memory, sleep };
  const wideKernels = wide && new WebAssembly.Instance(wide, { env }).exports;
  const exports = new WebAssembly.Instance(module, { env, wide: wideKernels ?? none }).exports as Exports;
  if (wideKernels !== undefined) exports.useWideKernels(1);
  return exports;
}

/** Stands for kernels that are not there, and that nothing calls then. */
const none: WebAssembly.ModuleImports = new Proxy({}, { get: () => () => {} });
