import { useBackend } from "@saeno/backend";
import { readArguments } from "../../../tooling/arguments.mjs";
import { createWasmBackend } from "../dist/index.js";

/**
 * Starts the backend as the flags of a benchmark say, and returns the flags.
 *
 * @param {string} name of the benchmark
 * @param {string} summary
 * @param {Record<string, { type: "string" | "boolean", default?: string, help: string }>} more flags of its own
 */
export async function startedBackend(name, summary, more = {}) {
  const own = Object.entries(more).map(([flag, { type, help }]) => [type === "string" ? `${flag} <n>` : flag, help]);
  const lines = [
    ["threads <n>", "default: all cores"],
    ["instructions <which>", "simd, relaxed, wide or none; default: what Node has"],
    ...own,
  ].map(([flag, help]) => `  --${flag.padEnd(22)} ${help}`);
  const usage = `${summary} Build first.\n\nUsage: node [--experimental-wasm-relaxed-simd] benchmarks/${name}.mjs [flags]\n\n${lines.join("\n")}`;
  const { flags } = readArguments(usage, { threads: { type: "string" }, instructions: { type: "string" }, ...more });
  const { threads, instructions } = flags;
  const problem =
    threads !== undefined && !(Number(threads) >= 1)
      ? `--threads takes a number of at least 1; got ${threads}.`
      : instructions !== undefined && !["simd", "relaxed", "wide", "none"].includes(instructions)
        ? `--instructions takes simd, relaxed, wide or none; got ${instructions}.`
        : undefined;
  if (problem !== undefined) {
    console.error(`${problem}\n\n${usage}`);
    process.exit(2);
  }
  await useBackend(
    createWasmBackend({
      ...(threads === undefined ? {} : { threads: Number(threads) }),
      ...(instructions === undefined ? {} : { instructions }),
    }),
  );
  console.log(`instructions ${instructions ?? "default"}, threads ${threads ?? "default"}`);
  return flags;
}
