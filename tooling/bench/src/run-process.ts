import { spawn } from "node:child_process";
import { SaenoError } from "@saeno/backend";
import { type Measurement, measurementSchema, type Task } from "./measurement.ts";

/**
 * Measures in a process of its own, so that its peak memory is its own. What it says on stderr passes through.
 *
 * @throws SaenoError `bench.process` when it fails or answers something else than a measurement.
 */
export async function measureInProcess(command: string, args: readonly string[], task: Task): Promise<Measurement> {
  const output = await run(command, [...args, JSON.stringify(task)]);
  const answer = output.trimEnd().split("\n").at(-1) ?? "";
  try {
    return measurementSchema.parse(JSON.parse(answer));
  } catch (cause) {
    throw failure(`answered no measurement: ${answer.slice(0, 200)}`, command, cause);
  }
}

function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", (error) => reject(failure(`could not be started: ${error.message}`, command, error)));
    child.on("close", (status, signal) => {
      if (status === 0) resolve(output);
      else reject(failure(signal === null ? `ended with ${status}` : `was ended by ${signal}`, command));
    });
  });
}

function failure(what: string, command: string, cause?: unknown): SaenoError {
  return new SaenoError("bench.process", `The measuring process (${command}) ${what}.`, { kind: "data", cause });
}
