import { type BackendPlugin, type ChosenBackend, register, registeredBackends, useBackend } from "@saeno/backend";
import { nodeBackend, nodeGpuBackend } from "@saeno/backend-node";
import { webgpuBackend } from "@saeno/backend-webgpu";
import { type Reporter, silent, takesChallenger } from "@saeno/experiments";
import { raceMemory } from "@saeno/experiments/node";

/**
 * Backends that `auto` does not take by itself: looking at them starts a driver or loads a library of half a gigabyte, and the kernels of the wasm
 * backend outrun their compositions of operations on many machines. It takes webgpu where `saeno doctor` has measured it to be faster.
 */
export const backendsByName: readonly BackendPlugin[] = [webgpuBackend, nodeGpuBackend, nodeBackend];

/** What `--backend` takes, for its help. */
export const backendChoices = "auto, wasm, webgpu, node, node-gpu or cpu; saeno doctor says what each needs";

/** Why `auto` takes webgpu. */
export const measuredFaster = "measured to be faster than wasm";

/**
 * Starts the backend of `--backend`, and warns where one that should start does not.
 *
 * @throws SaenoError as `useBackend`.
 */
export async function startBackend(name: string, { say }: Reporter = silent): Promise<ChosenBackend> {
  const backend = name === "auto" ? await startFastest() : await startByName(name);
  if (backend.warning !== undefined) say(backend.warning, "warning");
  return backend;
}

function startByName(name: string): Promise<ChosenBackend> {
  // All of them, so that an error names all.
  registerMissing(backendsByName);
  return useBackend(name);
}

async function startFastest(): Promise<ChosenBackend> {
  if (!(await takesChallenger(raceMemory(), webgpuBackend))) return useBackend("auto");
  registerMissing([webgpuBackend]);
  const backend = await useBackend("auto");
  if (backend.name !== webgpuBackend.kind) return backend;
  return { ...backend, reason: backend.reason.replace("first available", measuredFaster) };
}

/** One of a plugin stays. */
function registerMissing(plugins: readonly BackendPlugin[]): void {
  const known = registeredBackends().map(({ kind }) => kind);
  register(...plugins.filter(({ kind }) => !known.includes(kind)));
}

/** The same, and says which one it is. */
export async function sayBackend(name: string, reporter: Reporter): Promise<void> {
  const backend = await startBackend(name, reporter);
  reporter.say(`backend ${backend.name}: ${backend.reason}`);
}
