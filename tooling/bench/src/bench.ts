/** `pnpm bench`: how long training steps and inference take at fixed sizes, next to plain PyTorch if asked for. */
import { availableParallelism } from "node:os";
import { SaenoError } from "@saeno/backend";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Comparison, compareKernels, describeComparison } from "./compare-kernels.ts";
import { type Configuration, selectConfigurations } from "./configurations.ts";
import { countStep } from "./count-step.ts";
import { countTable } from "./count-table.ts";
import { describeMachine } from "./machine.ts";
import { type Measurement, type PeerDevice, peerDevices } from "./measurement.ts";
import { combine, type Result } from "./result.ts";
import { resultTable } from "./result-table.ts";
import { findPeerPython, peerRunner, type Runner, relaxedSimdFlags, saenoRunner } from "./runners.ts";
import { timingPlan } from "./timing.ts";

interface BenchFlags {
  readonly only?: string;
  readonly json?: boolean;
  readonly peer?: boolean;
  readonly counts?: boolean;
  readonly compare?: boolean;
  readonly repeats?: number;
  readonly threads?: number;
  readonly backend?: string;
  readonly peerDevice?: PeerDevice;
  readonly peerTf32?: boolean;
  readonly peerCompile?: boolean;
  readonly brief?: boolean;
}

/** Below this a matrix product runs without an optimized library, and the peer's times say little. */
const slowMatrixGflops = 20;

/** Deviations of codes and gradients beyond this are faults. */
const tolerance = 1e-4;

const command = new Command("bench")
  .description(
    "Times a whole training step and encode + decode of every configuration, each in a process of its own.\n" +
      "A table on stdout, progress on stderr.",
  )
  .option("--only <names>", "these configurations, such as fno-img,fno-img/preactivation")
  .option("--json", "print results as JSON on stdout")
  .option("--peer", "the same steps in PyTorch, in turn; SAENO_PYTHON names a Python that has it")
  .option("--counts", "measure nothing: print operations and bytes of a training step")
  .option("--compare", "measure nothing: codes and gradients by the wasm kernels against the composites")
  .option("--repeats <n>", "repeats of each measurement (default: 5 to 60, about 3 s)", positive)
  .option("--threads <n>", "threads of saeno and of the peer (default: the backend's choice, all cores)", positive)
  .option(
    "--backend <name>",
    "what saeno runs on: a form of a backend, as pnpm conformance --help lists them (default: wasm)",
  )
  .addOption(new Option("--peer-device <device>", "where PyTorch computes (default: cpu)").choices(peerDevices))
  .option("--peer-tf32", "PyTorch once more with TF32 allowed, which only GPUs have")
  .option("--peer-compile", "PyTorch as torch.compile makes it too; the faster counts, and is marked")
  .option("--brief", "one process each instead of two in turn, and a third of the time for each measurement")
  .allowExcessArguments(false)
  .exitOverride()
  .configureOutput({
    outputError: (text, write) => write(`bench: ${text.replace(/^error: /, "").trim()}\n`),
  })
  .action(bench);

async function bench(flags: BenchFlags): Promise<void> {
  const selection = selectConfigurations(flags.only);
  const print = (document: unknown, text: () => string) =>
    process.stdout.write(`${flags.json ? JSON.stringify(document, null, 2) : text()}\n`);
  if (flags.counts) {
    const counts = selection.map(countStep);
    print(counts, () => countTable(counts));
    return;
  }
  if (flags.compare) {
    const nodeFlags = await relaxedSimdFlags();
    const comparisons: Comparison[] = [];
    for (const configuration of selection) {
      comparisons.push(await compareKernels(configuration, nodeFlags));
      say(describeComparison(comparisons.at(-1) as Comparison));
    }
    print(comparisons, () => comparisons.map(describeComparison).join("\n"));
    if (comparisons.some(({ deviations }) => Object.values(deviations).some((each) => !(each < tolerance)))) {
      process.exitCode = 1;
    }
    return;
  }
  const machine = describeMachine(flags.threads);
  say(machine);
  const saeno = await saenoRunner();
  const peer = flags.peer ? findPeer(flags.threads) : undefined;
  const details = new Set<string>();
  const results: Result[] = [];
  for (const configuration of selection) {
    const result = await measure(configuration, flags, saeno, peer, details);
    if (result !== undefined) results.push(result);
  }
  print(results, () => [machine, ...details, "", resultTable(results)].join("\n"));
}

function findPeer(threads: number | undefined): Runner | undefined {
  const python = findPeerPython();
  if (python === undefined) {
    say("No Python with PyTorch was found (SAENO_PYTHON, python3, /usr/bin/python3): going on without ratios.");
    return undefined;
  }
  return peerRunner(python, threads ?? availableParallelism());
}

/** saeno, peer, saeno, peer: what else the machine does then falls on both. */
async function measure(
  configuration: Configuration,
  flags: BenchFlags,
  saeno: Runner,
  peer: Runner | undefined,
  details: Set<string>,
): Promise<Result | undefined> {
  const { name } = configuration;
  const task = {
    configuration,
    plan: timingPlan(flags.repeats, flags.brief),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.backend === undefined ? {} : { backend: flags.backend }),
    ...(flags.peerDevice === undefined ? {} : { device: flags.peerDevice }),
    ...(flags.peerTf32 ? { tf32: true } : {}),
    ...(flags.peerCompile ? { compile: true } : {}),
  };
  const [own, theirs]: [Measurement[], Measurement[]] = [[], []];
  try {
    for (let turn = 0; turn < (peer === undefined || flags.brief ? 1 : 2); turn++) {
      own.push(note(`${name}: saeno`, await saeno(task), details));
      if (peer !== undefined) theirs.push(note(`${name}: PyTorch`, await peer(task), details));
    }
  } catch (error) {
    if (!SaenoError.isInstance(error)) throw error;
    say(`bench: ${name}: ${error.message}`);
    process.exitCode = 1;
  }
  return own.length === 0 ? undefined : combine(name, own, theirs);
}

function note(who: string, measurement: Measurement, details: Set<string>): Measurement {
  const { train, infer, detail, matrixGflops } = measurement;
  const { train: step, infer: inference } = combine(who, [measurement], []);
  say(`${who}, step ${step.saenoMs} ms (${train.length}), encode + decode ${inference.saenoMs} ms (${infer.length})`);
  if (!details.has(detail)) say(detail);
  details.add(detail);
  if (matrixGflops !== undefined && matrixGflops < slowMatrixGflops) {
    say(`This PyTorch has a slow matrix product (${matrixGflops.toFixed(1)} GFLOP/s): no fair peer for mlp and cnn.`);
  }
  return measurement;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

command.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (SaenoError.isInstance(error)) {
    say(`bench: ${error.message}`);
    process.exitCode = error.kind === "usage" ? 2 : 1;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
});
