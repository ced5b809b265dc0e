/**
 * WebGPU in Node: Dawn, by the npm package `webgpu`, and how a program waits for it without giving up its turn.
 *
 * Dawn answers from callbacks that it hands to `setImmediate`. tfjs reads values synchronously in places (the sizes of what a threshold
 * keeps); the canvas it uses for that in browsers is missing in Node. Here the callbacks that Dawn has handed over are kept, so that a
 * reader can call them until its buffer is mapped. Whoever is called early is not called again.
 */
import { SaenoError } from "@saeno/backend";

/** What Dawn wants to be called back for, in order. */
const callbacks: (() => void)[] = [];
/** Whether somebody waits who calls them, so that a long wait does not fill the queue of the turns to come. */
let isWaited = false;
/** Node's own. */
let setNativeImmediate: typeof setImmediate;
let gpu: Promise<GPU> | undefined;

/**
 * Dawn's entry point, made known to tfjs as `navigator.gpu`. The environment variable `SAENO_DAWN` gives it options, separated by spaces, such
 * as `backend=vulkan` or `disable-dawn-features=timestamp_quantization`.
 *
 * @throws SaenoError `backend.missing` where the package `webgpu` is not installed or does not load.
 */
export function dawn(): Promise<GPU> {
  gpu ??= load();
  return gpu;
}

/** Not a literal, and ignored: bundlers would look for a package that pages never load. */
const packageName: string = "webgpu";

async function load(): Promise<GPU> {
  const loading: Promise<typeof import("webgpu")> = import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ packageName
  );
  const { create, globals } = await loading.catch((cause: Error) => {
    const why = "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND" ? "is not installed" : "does not load";
    throw new SaenoError("backend.missing", `WebGPU in Node needs the npm package "webgpu", which ${why}.`, { cause });
  });
  Object.assign(globalThis, globals);
  keepNativeCallbacks();
  const created = create(process.env.SAENO_DAWN?.split(" ") ?? []);
  if (globalThis.navigator === undefined) Object.assign(globalThis, { navigator: {} });
  Object.defineProperty(globalThis.navigator, "gpu", { value: created, configurable: true });
  return created;
}

/** Functions of native code that are handed to `setImmediate` are Dawn's. */
function keepNativeCallbacks(): void {
  setNativeImmediate = globalThis.setImmediate;
  const keeping = (callback: (...given: unknown[]) => void, ...given: unknown[]) => {
    if (!Function.prototype.toString.call(callback).includes("[native code]"))
      return setNativeImmediate(callback, ...given);
    callbacks.push(callback);
    return isWaited ? undefined : callLater(callback);
  };
  globalThis.setImmediate = Object.assign(keeping, setNativeImmediate) as typeof setImmediate;
}

/** In a turn to come, unless somebody has called it by then. */
function callLater(callback: () => void): NodeJS.Immediate {
  return setNativeImmediate(() => {
    const at = callbacks.indexOf(callback);
    if (at < 0) return;
    callbacks.splice(at, 1);
    callback();
  });
}

/** Maps a buffer at once. */
export function mapNow(buffer: GPUBuffer): void {
  // Refused, it shows as a state that stays unmapped.
  buffer.mapAsync(GPUMapMode.READ).catch(() => {});
  isWaited = true;
  try {
    while (buffer.mapState === "pending") callbacks.shift()?.();
  } finally {
    isWaited = false;
    for (const callback of callbacks) callLater(callback);
  }
  if (buffer.mapState !== "mapped") throw new SaenoError("backend.read", "The values could not be read from the GPU.");
}
