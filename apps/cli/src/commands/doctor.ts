import { availableParallelism, cpus, totalmem } from "node:os";
import { type Availability, type BackendPlugin, register, registeredBackends, useBackend } from "@saeno/backend";
import { messageOf } from "@saeno/experiments";
import type { Command } from "commander";
import { relaxedSimd, simd, threads } from "wasm-feature-detect";
import { createOutput } from "../terminal/output.ts";
import { backendsByName } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";
import { type BackendSpeed, measureBackend, measuredStep } from "./doctor-speed.ts";

type BackendReport = Pick<Availability, "facts"> & { readonly name: string } & (
    | ({ readonly available: true } & BackendSpeed)
    | { readonly available: false; readonly reason: string }
  );

/** `saeno doctor`: what this machine can run, and how fast. */
export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .summary("what this machine can run, how fast, and which backend auto picks")
    .description(
      "Looks at Node, the processor and WebAssembly, trains for two seconds on every backend, and says which backend `auto` takes and why.\n" +
        `The training step that is timed: ${measuredStep}.`,
    )
    .option("--json", "print what was found as JSON on stdout")
    .addHelpText("after", "\nExamples:\n  saeno doctor\n  saeno --plugin ./my-backend.js doctor --json")
    .action(async (flags: { json?: boolean }) => {
      const output = createOutput(flags);
      const machine = {
        node: process.versions.node,
        platform: `${process.platform} ${process.arch}`,
        processor: cpus()[0]?.model.trim() ?? "unknown",
        cores: availableParallelism(),
        memoryGb: Math.round(totalmem() / 1e9),
      };
      const webAssembly = { simd: await simd(), threads: await threads(), relaxedSimd: await relaxedSimd() };
      const auto = await useBackend("auto");
      for (const plugin of backendsByName) register(plugin);
      const backends: BackendReport[] = [];
      for (const plugin of registeredBackends()) {
        output.say(`training on ${plugin.kind}`);
        backends.push(await examine(plugin));
      }
      const features = [
        ["SIMD", webAssembly.simd],
        ["threads", webAssembly.threads],
        ["relaxed SIMD", webAssembly.relaxedSimd],
      ] as const;
      output.result(
        { machine, webAssembly, backends, measuredStep, auto },
        [
          `Node ${machine.node} on ${machine.platform}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB`,
          `WebAssembly   ${features.map(([name, there]) => `${name} ${there ? "yes" : "no"}`).join(", ")}`,
          "",
          textTable([
            ["backend", "steps/s", "what it is"],
            ...backends.map((each) =>
              each.available
                ? [each.name, each.stepsPerSecond.toPrecision(3), each.detail]
                : [each.name, "-", each.reason],
            ),
          ]),
          ...backends.flatMap(({ name, facts }) => (facts === undefined ? [] : ["", textOfFacts(name, facts)])),
          "",
          `steps/s: ${measuredStep}`,
          `auto takes ${auto.name}: ${auto.reason}`,
        ].join("\n"),
      );
    });
}

function textOfFacts(name: string, facts: NonNullable<Availability["facts"]>): string {
  const told = Object.entries(facts).filter(([, fact]) => fact !== "");
  return textTable([[name, ""], ...told.map(([what, fact]) => [what, String(fact)])]);
}

/** A backend that fails is a finding, not the end of the examination. */
async function examine(plugin: BackendPlugin): Promise<BackendReport> {
  try {
    const availability = await plugin.available();
    if (!availability.available) return { name: plugin.kind, ...availability };
    const { facts } = availability;
    return { name: plugin.kind, available: true, ...(facts && { facts }), ...(await measureBackend(plugin)) };
  } catch (error) {
    return { name: plugin.kind, available: false, reason: messageOf(error) };
  }
}
