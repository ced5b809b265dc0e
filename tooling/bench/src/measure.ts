/** The process that measures one configuration: a task as JSON in, a measurement as JSON out. */
import { cpuBackend, registerBackend, registeredBackends, useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { measureConfiguration } from "./measure-configuration.ts";
import type { Measurement, Task } from "./measurement.ts";

async function main({ configuration, plan, threads }: Task): Promise<Measurement> {
  registerBackend(cpuBackend);
  registerBackend(createWasmBackend(threads === undefined ? {} : { threads }));
  const { name } = await useBackend(process.env.SAENO_BACKEND ?? "auto");
  const times = await measureConfiguration(configuration, plan);
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { ...times, peakMb, detail: `saeno on ${await describeBackend(name)}` };
}

/** Once started, a backend knows its instructions and threads. */
async function describeBackend(name: string): Promise<string> {
  const availability = await registeredBackends()
    .find((plugin) => plugin.name === name)
    ?.available();
  return availability?.available ? availability.detail : name;
}

main(JSON.parse(process.argv[2] ?? "") as Task).then(
  (measurement) => process.stdout.write(`${JSON.stringify(measurement)}\n`, () => process.exit(0)),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
