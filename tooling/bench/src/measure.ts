/** The process that measures one configuration: a task as JSON in, a measurement as JSON out. */
import { useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { backendForm } from "@saeno/conformance/backend-form";
import { measureConfiguration } from "./measure-configuration.ts";
import type { Measurement, Task } from "./measurement.ts";

async function main({ configuration, plan, threads, backend = "wasm" }: Task): Promise<Measurement> {
  // As the command saeno starts it.
  const plugin =
    backend === "wasm"
      ? createWasmBackend({ instructions: "wide", ...(threads !== undefined && { threads }) })
      : await backendForm(backend);
  await useBackend(plugin);
  const times = await measureConfiguration(configuration, plan);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  // Once started, a backend knows more of itself.
  const availability = await plugin.available();
  return { ...times, peakMb, detail: `saeno on ${availability.available ? availability.detail : plugin.kind}` };
}

main(JSON.parse(process.argv[2] ?? "") as Task).then(
  (measurement) => process.stdout.write(`${JSON.stringify(measurement)}\n`, () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
