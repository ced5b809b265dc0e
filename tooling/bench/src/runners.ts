import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { relaxedSimd } from "wasm-feature-detect";
import type { Measurement, Task } from "./measurement.ts";
import { measureInProcess } from "./run-process.ts";

/** Measures one configuration in a new process. */
export type Runner = (task: Task) => Promise<Measurement>;

/** Relaxed SIMD is behind a flag in Node 20, and on by itself later, where the flag is an error. */
export async function relaxedSimdFlags(): Promise<readonly string[]> {
  return (await relaxedSimd()) ? [] : ["--experimental-wasm-relaxed-simd"];
}

/** saeno, in Node with relaxed SIMD. */
export async function saenoRunner(): Promise<Runner> {
  const flags = await relaxedSimdFlags();
  const script = fileURLToPath(new URL("./measure.js", import.meta.url));
  return (task) => measureInProcess(process.execPath, [...flags, script], task);
}

/** The same step in plain PyTorch. */
export function peerRunner(python: string, threads: number): Runner {
  const script = fileURLToPath(new URL("../peer/peer.py", import.meta.url));
  return (task) => measureInProcess(python, [script], { ...task, threads });
}

/** The first Python that has PyTorch: of `SAENO_PYTHON`, the path, the system. */
export function findPeerPython(
  candidates: readonly (string | undefined)[] = [process.env.SAENO_PYTHON, "python3", "/usr/bin/python3"],
  hasTorch: (command: string) => boolean = importsTorch,
): string | undefined {
  return candidates.find((command) => command !== undefined && command !== "" && hasTorch(command));
}

function importsTorch(command: string): boolean {
  return spawnSync(command, ["-c", "import torch"], { stdio: "ignore" }).status === 0;
}
