/** The program of the command `saeno`, apart from the process that it runs in. */
import { cpuBackend, machineProblem, messageOf, register, SaenoError } from "@saeno/backend";
import { createWasmBackend, wasmBackend } from "@saeno/backend-wasm";
import { nodeDatasetComponents, nodeFiles } from "@saeno/datasets/node";
import { Interrupted } from "@saeno/experiments/node";
import { networkData } from "@saeno/networks";
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { compareCommand } from "./commands/compare.ts";
import { conceptsCommand } from "./commands/concepts.ts";
import { dataCommand } from "./commands/data.ts";
import { decodeCommand } from "./commands/decode.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { editCommand } from "./commands/edit.ts";
import { encodeCommand } from "./commands/encode.ts";
import { evalCommand } from "./commands/eval.ts";
import { exportCommand } from "./commands/export.ts";
import { importCommand } from "./commands/import.ts";
import { nameCommand } from "./commands/name.ts";
import { networkCommand } from "./commands/network.ts";
import { reportCommand } from "./commands/report.ts";
import { reproduceCommand } from "./commands/reproduce.ts";
import { resumeCommand } from "./commands/resume.ts";
import { studioCommand } from "./commands/studio.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { trainCommand } from "./commands/train.ts";
import { watchCommand } from "./commands/watch.ts";
import { addCompletion } from "./completion.ts";
import { globalFlags } from "./flags/global-flags.ts";
import { loadPlugins, type Plugin, pluginOfError } from "./plugins.ts";
import { helpSettings } from "./terminal/help.ts";
import { createOutput, type Output } from "./terminal/output.ts";

const commands = [
  demoCommand,
  trainCommand,
  resumeCommand,
  watchCommand,
  evalCommand,
  reportCommand,
  conceptsCommand,
  studioCommand,
  nameCommand,
  compareCommand,
  encodeCommand,
  decodeCommand,
  editCommand,
  sweepCommand,
  reproduceCommand,
  dataCommand,
  networkCommand,
  exportCommand,
  importCommand,
  doctorCommand,
];

function createProgram({ error }: Output): Command {
  const program = new Command("saeno")
    .description("Sparse autoencoders whose concepts are functions: which, how strongly and where, at any resolution.")
    .version(manifest.version)
    .option("--verbose", "show where an error came from")
    .option(
      "--plugin <file-or-package>",
      "a module with components of your own (dictionaries, activations, data, ..); may be repeated",
    )
    .option("--threads <n>", "threads of the wasm backend (default: as many as the machine runs at once)")
    .option(
      "--progress <kind>",
      "progress on stderr: bar, lines (every 30 s), json (one object per line) or none; warnings always appear (default: bar on a terminal, else lines)",
    )
    .showSuggestionAfterError()
    .configureHelp(helpSettings)
    .addHelpText(
      "after",
      `
Start with:
  saeno demo                     two models find the shapes in images
  saeno train --data images:DIR  train on your data
  saeno studio                   explore runs in a browser, and train
  saeno COMMAND --help           what a command does, with examples`,
    );
  for (const add of commands) add(program);
  addCompletion(program);
  const outputError = (text: string) => error(text.replace(/^error: /, ""));
  const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)];
  for (const command of all(program)) command.exitOverride().configureOutput({ outputError });
  return program;
}

/** Usage mistakes exit with 2, bad data, the state of the machine and failures with 1; one line each unless `--verbose`. */
function fail(error: unknown, { verbose, plugins, output }: Context): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const isKnown = SaenoError.isInstance(error);
  const machine = isKnown ? undefined : machineProblem(error);
  const notes: string[] = [];
  if (!isKnown && machine === undefined) {
    const plugin = pluginOfError(error, plugins);
    const whose = plugin === undefined ? "saeno" : `the plugin ${plugin.name}`;
    notes.push(`This is a bug in ${whose}${verbose ? "" : "; --verbose shows where"}.`);
  }
  if (verbose && error instanceof Error) notes.push(String(error.stack));
  output.error(machine === undefined ? messageOf(error) : sentenceOf(machine, error), notes);
  return interruption(error)?.status ?? (isKnown && error.kind === "usage" ? 2 : 1);
}

/** What a program was interrupted by, if that is why it failed. */
function interruption(error: unknown): Interrupted | undefined {
  if (error instanceof Interrupted) return error;
  return error instanceof Error && error.cause !== undefined ? interruption(error.cause) : undefined;
}

/** `runs/a: the disk is full.` */
function sentenceOf(problem: string, error: unknown): string {
  const path = error instanceof Error && "path" in error ? `${String(error.path)}: ` : "";
  const remedy = problem.includes("memory")
    ? " Lower what takes it: samples (--limit, --test), --concepts, --batch, --grids."
    : "";
  return `${path}${path === "" ? problem.charAt(0).toUpperCase() + problem.slice(1) : problem}.${remedy}`;
}

/** What is known of how the command was called, once it is. */
interface Context {
  verbose: boolean;
  plugins: readonly Plugin[];
  output: Output;
}

/** A call of the command. */
export interface Call {
  /** Does what the arguments say. @throws what went wrong. */
  run(): Promise<void>;
  /** Says what went wrong. @returns the status to end with. */
  fail(error: unknown): number;
  /** Says that the result is lost. */
  lost(error: Error): void;
}

/** @param argv as `process.argv`. */
export function createCall(argv: readonly string[]): Call {
  const context: Context = { verbose: false, plugins: [], output: createOutput({ progress: "lines" }) };
  return {
    async run() {
      const { plugins, threads, verbose, rest } = globalFlags(argv);
      context.verbose = verbose;
      context.output = createOutput({});
      register(cpuBackend, threads === undefined ? wasmBackend : createWasmBackend({ threads }));
      register(...nodeDatasetComponents, networkData(nodeFiles));
      context.plugins = await loadPlugins(plugins);
      await createProgram(context.output).parseAsync(rest);
    },
    fail: (error) => fail(error, context),
    lost(error) {
      context.output.error(`The result cannot be written to standard output: ${messageOf(error)}.`);
    },
  };
}
