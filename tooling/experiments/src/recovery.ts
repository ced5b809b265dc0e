/** `pnpm recovery`: known dictionaries, recovered by gradient descent through unrolled encoders, lifted and not. */
import { setFlagsFromString } from "node:v8";
import { useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { Command } from "commander";
import { markdownTable } from "markdown-table";
import { type RecoveryModel, type RecoveryPoint, recover } from "./recover.ts";
import { denseProblem, functionProblem, type RecoveryProblem } from "./recovery-problems.ts";

const orthogonal = { tied: true, learned: false };
const learned = { tied: false, learned: true };

interface Part {
  readonly problem: () => RecoveryProblem;
  readonly models: readonly RecoveryModel[];
  readonly checks: readonly number[];
}

const vectors: Part = {
  problem: denseProblem,
  checks: [0, 15, 30, 60, 120, 300],
  models: [
    { name: "SAE" },
    { name: "SAE, twice the rate", rate: 2 },
    { name: "L-SAE, orthogonal, tied, frozen", lifting: orthogonal },
    { name: "L-SAE, untied, learned", lifting: learned },
  ],
};

function functions(kind: "conv" | "fourier", name: string): Part {
  return {
    problem: () => functionProblem(kind),
    checks: [0, 6, 12, 24, 42, 60],
    models: [{ name }, { name: `L-${name}, orthogonal, tied, frozen`, lifting: orthogonal }],
  };
}

new Command("recovery")
  .description(
    "Recovers dictionaries that are known from data that they made (SPEC 10, 2a): starts at truth plus noise of half its norm, plain\n" +
      "gradient descent through 15 unrolled steps. Prints the mean recovery error sqrt(1 - cos^2) of matched concepts along the way.",
  )
  .option("--json", "print results as JSON on stdout")
  .allowExcessArguments(false)
  .action(async ({ json = false }: { json?: boolean }) => {
    // Fused multiply-add in WebAssembly: behind this flag in Node 20 and 21.
    if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
    await useBackend(wasmBackend);
    const results: { problem: string; model: string; curve: RecoveryPoint[]; seconds: number }[] = [];
    for (const part of [vectors, functions("conv", "SAE-CNN"), functions("fourier", "SAE-FNO")]) {
      const problem = part.problem();
      const first = results.length;
      for (const model of part.models) {
        const started = performance.now();
        const curve = await recover(problem, model, part.checks, (step) => {
          if (process.stderr.isTTY) process.stderr.write(`\r${model.name}: step ${step} of ${problem.steps}   `);
        });
        const seconds = (performance.now() - started) / 1000;
        process.stderr.write(`\r${model.name}: ${problem.steps} steps in ${seconds.toFixed(1)} s\n`);
        results.push({ problem: problem.name, model: model.name, curve, seconds });
      }
      if (json) continue;
      const rows = results
        .slice(first)
        .map(({ model, curve }) => [model, ...curve.map(({ error }) => error.toFixed(4))]);
      const heading = [`${problem.name}; after steps`, ...part.checks.map(String)];
      process.stdout.write(
        `${markdownTable([heading, ...rows], { align: heading.map((_, i) => (i === 0 ? "l" : "r")) })}\n\n`,
      );
    }
    if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  })
  .parseAsync()
  .then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
