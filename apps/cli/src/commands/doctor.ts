import { availableParallelism, cpus, totalmem } from "node:os";
import {
  type Availability,
  type BackendPlugin,
  type ChosenBackend,
  register,
  registeredBackends,
  useBackend,
} from "@saeno/backend";
import { webgpuBackend } from "@saeno/backend-webgpu";
import {
  challengerWins,
  measuredModels,
  measuredSteps,
  messageOf,
  raceOf,
  rememberRace,
  type StepTimes,
  stepTimes,
} from "@saeno/experiments";
import { raceMemory } from "@saeno/experiments/node";
import type { Command } from "commander";
import { relaxedSimd, simd, threads } from "wasm-feature-detect";
import { createOutput } from "../terminal/output.ts";
import { backendsByName, measuredFaster } from "../terminal/start-backend.ts";
import { textTable } from "../terminal/text-table.ts";

type BackendReport = Pick<Availability, "facts"> & { readonly name: string } & (
    | {
        readonly available: true;
        /** What it is once it runs: its instructions and threads, say. */
        readonly detail: string;
        readonly stepMs: StepTimes;
      }
    | { readonly available: false; readonly reason: string }
  );

/** `saeno doctor`: what this machine can run, and how fast. */
export function doctorCommand(program: Command): void {
  program
    .command("doctor")
    .summary("what this machine can run, how fast, and which backend auto picks")
    .description(
      "Looks at Node, the processor and WebAssembly, trains for some seconds on every backend, and says which backend `auto` takes and why.\n" +
        `Training steps that are timed: ${measuredSteps()}.\n` +
        "Times of wasm and webgpu are kept: from then on `auto` takes webgpu where it was faster.",
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
      const usual = await useBackend("auto");
      for (const plugin of backendsByName) register(plugin);
      const backends: BackendReport[] = [];
      for (const plugin of registeredBackends()) {
        output.say(`training on ${plugin.kind}`);
        backends.push(await examine(plugin));
      }
      const race = await remember(backends);
      const auto = await chosen(usual, race);
      const features = [
        ["SIMD", webAssembly.simd],
        ["threads", webAssembly.threads],
        ["relaxed SIMD", webAssembly.relaxedSimd],
      ] as const;
      output.result(
        { machine, webAssembly, backends, measuredSteps: measuredSteps(), race, auto },
        [
          `Node ${machine.node} on ${machine.platform}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB`,
          `WebAssembly   ${features.map(([name, there]) => `${name} ${there ? "yes" : "no"}`).join(", ")}`,
          "",
          textTable([
            ["backend", ...measuredModels, "what it is"],
            ...backends.map((each) =>
              each.available
                ? [each.name, ...measuredModels.map((model) => (1000 / each.stepMs[model]).toPrecision(3)), each.detail]
                : [each.name, ...measuredModels.map(() => "-"), each.reason],
            ),
          ]),
          ...backends.flatMap(({ name, facts }) => (facts === undefined ? [] : ["", textOfFacts(name, facts)])),
          "",
          `training steps a second: ${measuredSteps()}`,
          race.said,
          `auto takes ${auto.name}: ${auto.reason}`,
        ].join("\n"),
      );
    });
}

interface RaceReport {
  /** What `auto` goes by from now on. */
  readonly winner?: "wasm" | "webgpu";
  readonly said: string;
}

/** Keeps the times of wasm and webgpu, where there are both. */
async function remember(backends: readonly BackendReport[]): Promise<RaceReport> {
  const [wasm, webgpu] = ["wasm", "webgpu"].map((kind) => backends.find(({ name }) => name === kind));
  if (!wasm?.available || !webgpu?.available)
    return { said: "wasm and webgpu could not both be timed, so auto takes the first available of wasm and cpu" };
  const race = raceOf(webgpu.detail, { usual: wasm.stepMs, challenger: webgpu.stepMs });
  const winner = challengerWins(race) ? "webgpu" : "wasm";
  const each = measuredModels.map(
    (model) =>
      `${model} ${race.times.usual[model].toPrecision(3)} and ${race.times.challenger[model].toPrecision(3)} ms`,
  );
  const told = `a step on wasm and on webgpu: ${each.join(", ")}; ${winner} is faster`;
  const memory = raceMemory();
  try {
    await rememberRace(memory, race);
  } catch (error) {
    return { said: `${told}, but that cannot be kept: ${messageOf(error)}` };
  }
  return { winner, said: `${told} (kept in ${memory.file})` };
}

/** What `auto` takes from now on. */
async function chosen(usual: ChosenBackend, { winner }: RaceReport): Promise<ChosenBackend> {
  if (winner !== "webgpu") return usual;
  const availability = await webgpuBackend.available();
  return availability.available ? { name: "webgpu", reason: `${measuredFaster}, ${availability.detail}` } : usual;
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
    const stepMs = await stepTimes(plugin);
    // Started, it may know more of itself.
    const { facts, detail } = { ...availability, ...(await plugin.available()) };
    return { name: plugin.kind, available: true, ...(facts && { facts }), detail, stepMs };
  } catch (error) {
    return { name: plugin.kind, available: false, reason: messageOf(error) };
  }
}
