import { spawn } from "node:child_process";

export interface Outcome {
  readonly output: string;
  /** Why it is not a success: the status, the signal, or the time it had. */
  readonly failure?: string;
}

/** Runs a command for at most so many seconds; what hangs is killed with all it started. What it says on stderr passes to `log`. */
export function runLimited(
  command: string,
  args: readonly string[],
  options: { readonly seconds: number; readonly log?: (text: string) => void; readonly env?: NodeJS.ProcessEnv },
): Promise<Outcome> {
  const { seconds, log = () => {}, env = process.env } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    let output = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, 1000 * seconds);
    const end = (failure?: string) => {
      clearTimeout(timer);
      resolve({ output, ...(failure === undefined ? {} : { failure }) });
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", log);
    child.on("error", (error) => end(error.message));
    child.on("close", (status, signal) => {
      if (late) end(`did not end in ${seconds} s`);
      else end(status === 0 ? undefined : `ended with ${signal ?? status}`);
    });
  });
}
