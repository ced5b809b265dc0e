import { resultTable } from "@saeno/bench/result-table";
import { markdownTable } from "markdown-table";
import type { KitResults, StepProfile, TrainingResult } from "./results.ts";

/** Everything a run of the kit found out, as Markdown. */
export function report({ facts, training, conformance, bench, profiles, failures }: KitResults): string {
  const sections: [string, string][] = [
    [
      "Machine",
      Object.entries(facts)
        .map((fact) => `- ${fact.join(": ")}`)
        .join("\n"),
    ],
    ["Training", training.length > 0 ? trainingTable(training) : ""],
    ["Speed", bench.length > 0 ? resultTable(bench) : ""],
    ["Where a step's time goes", profiles.length > 0 ? profileTable(profiles) : ""],
    ["Conformance", conformance],
    ["Failures", failures.map((failure) => `- ${failure}`).join("\n")],
  ];
  return sections
    .filter(([, text]) => text !== "")
    .map(([heading, text]) => `## ${heading}\n\n${text}\n`)
    .join("\n");
}

/** Losses at a few steps, a column for each backend. */
export function trainingTable(training: readonly TrainingResult[]): string {
  const steps = Math.max(...training.map(({ losses }) => losses.length));
  const shown = [1, 2, 3, 5, 10, 30, 100, 300, 1000].filter((step) => step < steps);
  const rows = [...shown, steps].map((step) => [
    String(step),
    ...training.map(({ losses }) => losses[step - 1]?.toPrecision(6) ?? ""),
  ]);
  const speed = training.map(({ losses, seconds }) => (losses.length / seconds).toFixed(1));
  return markdownTable([
    ["step", ...training.map(({ backend }) => `loss on ${backend}`)],
    ...rows,
    ["steps a second", ...speed],
  ]);
}

/** Dispatches and milliseconds of a training step; the three programs the GPU spends most time on. */
function profileTable(profiles: readonly StepProfile[]): string {
  const heading = ["configuration", "dispatches", "submits", "host ms", "step ms", "GPU ms", "longest on the GPU"];
  const rows = profiles.map(({ name, dispatches, submits, hostMs, totalMs, gpuMs, programs }) => [
    name,
    String(dispatches),
    String(submits),
    ...[hostMs, totalMs, gpuMs].map((ms) => ms.toFixed(2)),
    programs
      .slice(0, 3)
      .map(({ program, count, microseconds }) => `${count} of ${program}: ${(microseconds / 1000).toFixed(2)}`)
      .join("; "),
  ]);
  return markdownTable([heading, ...rows]);
}
