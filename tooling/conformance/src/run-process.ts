import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SaenoError } from "@saeno/backend";
import { nodeFlags } from "./backend-form.ts";
import type { Examination, ModelError, Task } from "./protocol.ts";

type Answer<Kind extends Task["kind"]> = Kind extends "examine" ? Examination : readonly ModelError[];

/**
 * Runs a task in a process of its own: tfjs has one backend of a name in a program. What it says on stderr passes through.
 *
 * @throws SaenoError `conformance.process` when it fails.
 */
export function runProcess<T extends Task>(task: T): Promise<Answer<T["kind"]>> {
  const script = fileURLToPath(new URL("./conformance-process.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...nodeFlags(task.form), script, JSON.stringify(task)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (status, signal) => {
      if (status === 0) resolve(JSON.parse(output.trimEnd().split("\n").at(-1) as string));
      else
        reject(
          new SaenoError("conformance.process", `${task.form}: the process ended with ${signal ?? status}.`, {
            kind: "data",
          }),
        );
    });
  });
}
