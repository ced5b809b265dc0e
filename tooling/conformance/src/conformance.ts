/** `pnpm conformance`: every contract on every backend, and models that change backends. */
import { SaenoError } from "@saeno/backend";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { knownForms } from "./backend-form.ts";
import type { Answer, Examination, ModelError, Task } from "./protocol.ts";
import { contractTable, faultsOf, indexTable, listOf, modelTable } from "./report.ts";
import { runProcess } from "./run-process.ts";
import { type SmallModel, smallModelNames } from "./small-models.ts";

const command = new Command("conformance")
  .description(
    "Runs every contract, forward and gradient, against float64 references; trains one of each model, saves it, and evaluates it on every\n" +
      "other backend; and compares what an index says of their concepts. Tables of the largest deviations on stdout, progress on stderr; ends with 1 where something deviates.",
  )
  .option(
    "--backend <names>",
    `separated by commas: ${knownForms.join(", ")}, or modules that export a plugin as "backend"`,
    "cpu,wasm",
  )
  .option(
    "--every <n>",
    "run every n-th case of each contract only, at least one: software GPUs take minutes for all",
    wholeNumber,
    1,
  )
  .option(
    "--seconds <n>",
    "cases of the contracts for at most so long on each backend: every n-th, then others while time is left",
    wholeNumber,
  )
  .addOption(
    new Option("--models <names>", `of ${smallModelNames.join(", ")} these only`)
      .argParser(namesOfModels)
      .default(smallModelNames, "all"),
  )
  .option("--json", "print results as JSON on stdout")
  .allowExcessArguments(false)
  .exitOverride()
  .addHelpText(
    "after",
    "\nExamples:\n  pnpm conformance --backend wasm,webgpu\n  pnpm conformance --backend wasm,./my-backend.js",
  )
  .configureOutput({ outputError: (text, write) => write(`conformance: ${text.replace(/^error: /, "").trim()}\n`) })
  .action(async (flags: Flags) => {
    const forms = flags.backend.split(",").map((form) => form.trim());
    const examinations = new Map<string, Examination>();
    const { every, seconds, models: names } = flags;
    for (const form of forms) {
      const task: Task = { kind: "examine", form, every, models: names, ...(seconds === undefined ? {} : { seconds }) };
      examinations.set(form, (await doTask(task)) as Examination);
    }
    const models = [...examinations.values()].flatMap(({ saved }) => saved);
    const evaluations = new Map<string, readonly ModelError[]>();
    for (const form of forms)
      evaluations.set(form, (await doTask({ kind: "evaluate", form, models })) as readonly ModelError[]);
    const faults = faultsOf(examinations, evaluations);
    const report = () =>
      [
        ...[...examinations].map(([form, { detail }]) => `${form}: ${detail}`),
        "",
        contractTable(examinations),
        "",
        "Relative errors of models trained on one backend (15 steps) and evaluated on each:",
        "",
        modelTable(evaluations),
        "",
        "Indexes of concepts, the largest difference from the first backend:",
        "",
        indexTable(examinations),
        "",
        faults.length === 0 ? "Everything agrees." : listOf(faults),
      ].join("\n");
    const document = () => ({
      backends: Object.fromEntries(
        [...examinations].map(([form, { detail, contracts, models }]) => [form, { detail, contracts, models }]),
      ),
      evaluations: Object.fromEntries(evaluations),
      faults,
    });
    process.stdout.write(`${flags.json ? JSON.stringify(document(), null, 2) : report()}\n`);
    if (faults.length > 0) process.exitCode = 1;
  });

interface Flags {
  readonly backend: string;
  readonly every: number;
  readonly seconds?: number;
  readonly models: readonly SmallModel[];
  readonly json?: boolean;
}

function namesOfModels(text: string): readonly SmallModel[] {
  return text.split(",").map((given) => {
    const found = smallModelNames.find((name) => name === given.trim());
    if (found === undefined)
      throw new InvalidArgumentError(`There is no model "${given.trim()}". They are: ${smallModelNames.join(", ")}.`);
    return found;
  });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Give a whole number of at least 1.");
  return value;
}

async function doTask(task: Task): Promise<Answer> {
  if (!task.form.endsWith("/chromium")) return runProcess(task);
  // What drives a browser is loaded by who asks for one.
  const { runBrowser } = await import("./run-browser.ts");
  return runBrowser(task);
}

command.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (SaenoError.isInstance(error)) {
    process.stderr.write(`conformance: ${error.message}\n`);
    process.exitCode = error.kind === "usage" ? 2 : 1;
  } else {
    console.error(error);
    process.exitCode = 1;
  }
});
