import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const mainFile: string = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Runs the built command in a folder, which also takes what it caches. */
export function runSaeno(folder: string, args: readonly string[], own: object = {}): Promise<Outcome> {
  const env = { ...process.env, SAENO_CACHE: join(folder, "cache"), ...own };
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ status: typeof error?.code === "number" ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });
}
