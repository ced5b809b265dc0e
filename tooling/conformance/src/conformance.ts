/** `pnpm conformance`: every contract on every backend, and models that change backends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SaenoError } from "@saeno/backend";
import { Command, CommanderError } from "commander";
import { knownForms } from "./backend-form.ts";
import type { Examination, ModelError } from "./protocol.ts";
import { contractTable, faultsOf, modelTable } from "./report.ts";
import { runProcess } from "./run-process.ts";

const command = new Command("conformance")
  .description(
    "Runs every contract, forward and gradient, against float64 references; trains one of each model, saves it, and evaluates it on every\n" +
      "other backend. Tables of the largest deviations on stdout, progress on stderr; ends with 1 where something deviates.",
  )
  .option(
    "--backend <names>",
    `separated by commas: ${knownForms.join(", ")}, or modules that export a plugin as "backend"`,
    "cpu,wasm",
  )
  .option("--json", "print results as JSON on stdout")
  .allowExcessArguments(false)
  .exitOverride()
  .addHelpText(
    "after",
    "\nExamples:\n  pnpm conformance --backend wasm,webgpu\n  pnpm conformance --backend wasm,./my-backend.js",
  )
  .configureOutput({ outputError: (text, write) => write(`conformance: ${text.replace(/^error: /, "").trim()}\n`) })
  .action(async (flags: { backend: string; json?: boolean }) => {
    const forms = flags.backend.split(",").map((form) => form.trim());
    const folder = await mkdtemp(join(tmpdir(), "saeno-conformance-"));
    try {
      const examinations = new Map<string, Examination>();
      for (const form of forms) examinations.set(form, await runProcess({ kind: "examine", form, folder }));
      const evaluations = new Map<string, readonly ModelError[]>();
      for (const form of forms)
        evaluations.set(form, await runProcess({ kind: "evaluate", form, folder, trainedOn: forms }));
      const faults = faultsOf(examinations, evaluations);
      const report = () =>
        [
          ...[...examinations].map(([form, { detail }]) => `${form}: ${detail}`),
          "",
          contractTable(examinations),
          "",
          "Relative errors of models trained on one backend (30 steps) and evaluated on each:",
          "",
          modelTable(evaluations),
          "",
          faults.length === 0 ? "Everything agrees." : ["Faults:", ...faults].join("\n  "),
        ].join("\n");
      const document = () => ({
        backends: Object.fromEntries(examinations),
        evaluations: Object.fromEntries(evaluations),
        faults,
      });
      process.stdout.write(`${flags.json ? JSON.stringify(document(), null, 2) : report()}\n`);
      if (faults.length > 0) process.exitCode = 1;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

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
