import { sizeOf } from "@saeno/backend";
import { type UseStatistics, useStatistics } from "@saeno/metrics";
import type { ReportModel } from "../data/report-data.ts";

/** What says how many numbers a sample has. */
export interface SampleSizes extends Pick<ReportModel, "evaluation"> {
  readonly atoms: Pick<ReportModel["atoms"], "shape" | "sampleShape">;
}

/** The numbers of a sample. */
export function numbersOfSample({ atoms, evaluation }: SampleSizes): number {
  const { shape, sampleShape } = atoms;
  const { grid } = evaluation;
  if (grid.length === 0) return sizeOf(sampleShape ?? shape.slice(1));
  return sizeOf(grid) * (shape.at(-1) ?? 1);
}

/** What a code costs: its entries as a share of the numbers of a sample. */
export function budgetOf(model: SampleSizes): number {
  const { budget = Number.NaN, codeEntries } = model.evaluation;
  return Number.isFinite(budget) ? budget : codeEntries / numbersOfSample(model);
}

/** How selectively concepts are used. */
export function useOf({ evaluation }: Pick<ReportModel, "evaluation">): UseStatistics {
  return useStatistics(evaluation);
}
