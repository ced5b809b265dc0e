/** The program of the command `saeno`, apart from the process that it runs in. */
import { cpuBackend, machineProblem, messageOf, register, SaenoError } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { nodeDatasetComponents, nodeFiles } from "@saeno/datasets/node";
import { Interrupted } from "@saeno/experiments/node";
import { networkData } from "@saeno/networks";
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { globalFlags } from "./flags/global-flags.ts";
import { loadProblem } from "./load-problem.ts";
import { loadPlugins, type Plugin, pluginOfError } from "./plugins.ts";
import { helpSettings } from "./terminal/help.ts";
import { createOutput, type Output } from "./terminal/output.ts";

/** What adds a command. Its module is read where the command is called; those of all for help on all. */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  demo: async () => (await import("./commands/demo.ts")).demoCommand,
  train: async () => (await import("./commands/train.ts")).trainCommand,
  resume: async () => (await import("./commands/resume.ts")).resumeCommand,
  watch: async () => (await import("./commands/watch.ts")).watchCommand,
  eval: async () => (await import("./commands/eval.ts")).evalCommand,
  report: async () => (await import("./commands/report.ts")).reportCommand,
  concepts: async () => (await import("./commands/concepts.ts")).conceptsCommand,
  studio: async () => (await import("./commands/studio.ts")).studioCommand,
  name: async () => (await import("./commands/name.ts")).nameCommand,
  compare: async () => (await import("./commands/compare.ts")).compareCommand,
  encode: async () => (await import("./commands/encode.ts")).encodeCommand,
  decode: async () => (await import("./commands/decode.ts")).decodeCommand,
  edit: async () => (await import("./commands/edit.ts")).editCommand,
  sweep: async () => (await import("./commands/sweep.ts")).sweepCommand,
  reproduce: async () => (await import("./commands/reproduce.ts")).reproduceCommand,
  data: async () => (await import("./commands/data.ts")).dataCommand,
  network: async () => (await import("./commands/network.ts")).networkCommand,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  import: async () => (await import("./commands/import.ts")).importCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
};

/** @throws SaenoError `cli.load` if its modules cannot be read. */
async function loadCommand(name: string): Promise<(program: Command) => void> {
  try {
    return await commands[name]();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new SaenoError("cli.load", loadProblem(cause), { kind: "data", cause });
  }
}

/** The commands that a call may need. */
function namesFor(args: readonly string[]): readonly string[] {
  const called = args.find((arg) => !arg.startsWith("-"));
  if (called !== undefined && Object.hasOwn(commands, called)) return [called];
  return called === undefined && args.some((arg) => arg === "-V" || arg === "--version") ? [] : Object.keys(commands);
}

/** @param args those of the command line but for the flags of all commands. */
async function createProgram({ error }: Output, args: readonly string[]): Promise<Command> {
  const names = namesFor(args);
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
  for (const add of await Promise.all(names.map(loadCommand))) add(program);
  if (names.length > 1) (await import("./completion.ts")).addCompletion(program);
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

/** All cores, and vectors of 256 bits: nothing else of this process runs WebAssembly when the backend starts. */
const widest = createWasmBackend({ instructions: "wide" });

/** @param argv as `process.argv`. */
export function createCall(argv: readonly string[]): Call {
  const context: Context = { verbose: false, plugins: [], output: createOutput({ progress: "lines" }) };
  return {
    async run() {
      const { plugins, threads, verbose, rest } = globalFlags(argv);
      context.verbose = verbose;
      context.output = createOutput({});
      register(cpuBackend, threads === undefined ? widest : createWasmBackend({ instructions: "wide", threads }));
      register(...nodeDatasetComponents, networkData(nodeFiles));
      context.plugins = await loadPlugins(plugins);
      const program = await createProgram(context.output, rest.slice(2));
      await program.parseAsync(rest);
    },
    fail: (error) => fail(error, context),
    lost(error) {
      context.output.error(`The result cannot be written to standard output: ${messageOf(error)}.`);
    },
  };
}
