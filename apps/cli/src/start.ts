/** The process of the command `saeno`: what it does with its streams, its parent and its end. */
import { setFlagsFromString } from "node:v8";
import { createCall } from "./program.ts";

const call = createCall(process.argv);

// Fused multiply-add in WebAssembly: behind this flag in Node 20 and 21, on by itself later, where the flag is unknown.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

// Whoever reads may stop reading: the work goes on.
process.stderr.on("error", () => {});
process.stdout.on("error", (error) => {
  if (!isClosed(error)) lost(error);
});

// Of a sweep that was killed, its runs end too.
const { SAENO_PARENT: parent } = process.env;
if (parent !== undefined) {
  const watch = setInterval(() => process.ppid !== Number(parent) && process.kill(process.pid, "SIGTERM"), 500);
  watch.unref();
}

function isClosed(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}

/** Ends once everything is written. */
function end(status: number): void {
  process.stdout.write("", (error) => (error && status === 0 && !isClosed(error) ? lost(error) : process.exit(status)));
}

/** A lost result is a failure, unless its reader has read enough and closed the pipe. */
function lost(error: Error): void {
  call.lost(error);
  process.exit(1);
}

function endWith(error: unknown): void {
  end(call.fail(error));
}

process.on("uncaughtException", endWith);

call.run().then(() => end(0), endWith);
