import { type BackendPlugin, type ChosenBackend, register, registeredBackends, useBackend } from "@saeno/backend";
import { nodeBackend, nodeGpuBackend } from "@saeno/backend-node";
import { webgpuBackend } from "@saeno/backend-webgpu";
import { type Reporter, silent } from "@saeno/experiments";

/**
 * Backends that `auto` does not take: looking at them starts a driver or loads a library of half a gigabyte, and the kernels of the wasm
 * backend outrun their compositions of operations on many machines.
 */
export const backendsByName: readonly BackendPlugin[] = [webgpuBackend, nodeGpuBackend, nodeBackend];

/** What `--backend` takes, for its help. */
export const backendChoices = "auto, wasm, webgpu, node, node-gpu or cpu; saeno doctor says what each needs";

/**
 * Starts the backend of `--backend`, and warns where one that should start does not.
 *
 * @throws SaenoError as `useBackend`.
 */
export async function startBackend(name: string, { say }: Reporter = silent): Promise<ChosenBackend> {
  // All of them, so that an error names all; one of a plugin stays.
  const known = registeredBackends().map(({ kind }) => kind);
  if (name !== "auto") register(...backendsByName.filter(({ kind }) => !known.includes(kind)));
  const backend = await useBackend(name);
  if (backend.warning !== undefined) say(backend.warning, "warning");
  return backend;
}

/** The same, and says which one it is. */
export async function sayBackend(name: string, reporter: Reporter): Promise<void> {
  const backend = await startBackend(name, reporter);
  reporter.say(`backend ${backend.name}: ${backend.reason}`);
}
