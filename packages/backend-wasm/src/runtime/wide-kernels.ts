/** Kernels for vectors of 256 bits: V8 makes one operation of two on neighboring vectors, if it is asked to while it compiles. */
import { GROUP_PANELS, PANEL_COLUMNS, PANEL_ROWS } from "../../assembly/layout.ts";
import { decode } from "./binaries.ts";

/**
 * The versions of V8 that compile assembly/wide.ts so: those of Node 24, 25 and 26. Node 22 has the flag and gains nothing;
 * one that was not tried might end the process.
 */
const tried: readonly string[] = ["13.6.", "14.1.", "14.6."];

/**
 * What V8 is told while it compiles, and after it: to join vectors, and to compile all at once, with its optimizing compiler. That ends the process where it
 * would inline a function and has no counts of its calls, so inlining is off before it is on, and on again after it.
 */
const flags: readonly (readonly [during: string, after: string])[] = [
  ["--no-wasm-inlining", "--wasm-inlining"],
  ["--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"],
  ["--no-liftoff", "--liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-lazy-compilation"],
  ["--no-wasm-dynamic-tiering", "--wasm-dynamic-tiering"],
];

/**
 * Compiles the kernels of wide.ts if this engine can join vectors: Node 24 to 26 on x64, in the main thread, unless the program was started with flags of its
 * own for how WebAssembly is compiled. The flags hold for the process: while they are set nothing else is compiled here, but what Workers compile then is, and
 * V8 14.1 and 14.6 can end the process where that happens.
 */
export async function compileWideKernels(shared: boolean): Promise<WebAssembly.Module | undefined> {
  const { process } = globalThis;
  if (process?.getBuiltinModule?.("node:worker_threads").isMainThread !== true) return undefined;
  const versions: Readonly<Record<string, string | undefined>> = process.versions;
  const known = versions.node !== undefined && tried.some((version) => versions.v8?.startsWith(version));
  const other = versions.bun ?? versions.deno ?? versions.electron;
  if (!known || other !== undefined || process.arch !== "x64") return undefined;
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ").replaceAll("_", "-");
  if (/liftoff|revectorize|wasm-(inlining|lazy|dynamic|tier)|jitless/.test(given)) return undefined;
  const { wasm } = await (shared ? import("../generated/wide-shared.ts") : import("../generated/wide-plain.ts"));
  const bytes = decode(wasm);
  const { setFlagsFromString } = process.getBuiltinModule("node:v8");
  try {
    for (const [during] of flags) setFlagsFromString(during);
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, after] of [...flags].reverse()) setFlagsFromString(after);
  }
}

/** Of the tiles that are compared: columns of a group of right panels, steps of the depth, and bytes of memory: the panels, and the sums with gaps. */
const columns = GROUP_PANELS * PANEL_COLUMNS;
const depth = 256;
export const comparedBytes: number = 4 * (depth * (columns + PANEL_ROWS) + PANEL_ROWS * 2 * columns);

/**
 * Whether vectors are joined: by the times, on `comparedBytes` zeros, of a tile and of one that stores its sums apart, which takes twice as long then. On a
 * processor without AVX2, or a virtual machine that hides it, both take as long.
 */
export function joinsVectors(wide: WebAssembly.Module, memory: WebAssembly.Memory, address: number): boolean {
  const exports = new WebAssembly.Instance(wide, { env: { memory } }).exports;
  const { floatTile, apartTile } = exports as Readonly<Record<string, (...args: readonly number[]) => void>>;
  const right = address + 4 * depth * PANEL_ROWS;
  const sums = right + 4 * depth * columns;
  const time = (tile: typeof floatTile) => {
    const started = performance.now();
    for (let i = 0; i < 50; i++) tile(address, right, depth, sums, 8 * columns);
    return performance.now() - started;
  };
  let [joined, apart] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < 12; i++) {
    joined = Math.min(joined, time(floatTile));
    apart = Math.min(apart, time(apartTile));
  }
  return 1.4 * joined < apart;
}
