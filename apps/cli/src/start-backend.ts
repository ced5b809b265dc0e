import { type ChosenBackend, registerBackend, useBackend } from "@saeno/backend";
import { webgpuBackend } from "@saeno/backend-webgpu";

/**
 * Starts the backend of `--backend`. WebGPU is looked at only where it is asked for by name: looking starts a driver, and its contracts
 * are compositions of operations so far, which the kernels of the wasm backend outrun on many machines.
 *
 * @throws SaenoError as `useBackend`.
 */
export function startBackend(name: string): Promise<ChosenBackend> {
  if (name === webgpuBackend.name) registerBackend(webgpuBackend);
  return useBackend(name);
}
