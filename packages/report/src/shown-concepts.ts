import { conceptOrder } from "./concept-order.ts";
import type { ReportModel } from "./report-data.ts";

/** Atoms shown of a model, at most; and of those, dead ones. */
const [shownAtoms, shownDead] = [96, 12];

/** Whether a concept was active in no sample. */
export function isDead({ evaluation }: Pick<ReportModel, "evaluation">, concept: number): boolean {
  return evaluation.utilization[concept] === 0;
}

/** The concepts whose atoms the gallery shows, in order: the first 96, no more than 12 of them dead. */
export function shownConcepts(model: Pick<ReportModel, "atoms" | "evaluation">): number[] {
  let dead = 0;
  return conceptOrder(model.atoms, model.evaluation.utilization)
    .filter((concept) => !isDead(model, concept) || ++dead <= shownDead)
    .slice(0, shownAtoms);
}
