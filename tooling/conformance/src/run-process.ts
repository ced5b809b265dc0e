import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SaenoError } from "@saeno/backend";
import { nodeFlags } from "./backend-form.ts";
import type { Answer, Task } from "./protocol.ts";

/**
 * Does a task in a process of its own: tfjs has one backend of a name in a program. What it says on stderr passes through.
 *
 * @throws SaenoError `conformance.process` when it fails.
 */
export function runProcess(task: Task): Promise<Answer> {
  const script = fileURLToPath(new URL("./conformance-process.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags(task.form), script], { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve(JSON.parse(output.trimEnd().split("\n").at(-1) as string));
      else {
        const message = `${task.form}: the process ended with ${signal ?? status}.`;
        reject(new SaenoError("conformance.process", message, { kind: "data" }));
      }
    });
    // Where it ends early, its status says more.
    child.stdin.on("error", () => {}).end(JSON.stringify(task));
  });
}
