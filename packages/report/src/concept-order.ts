import type { ReportAtoms } from "./report-data.ts";

/** Concepts in the order they are shown: the given one, or the most used first. Indices without an atom are left out. */
export function conceptOrder(atoms: Pick<ReportAtoms, "shape" | "order">, utilization: readonly number[]): number[] {
  const count = atoms.shape[0] ?? 0;
  const use = (concept: number) => utilization[concept] || 0;
  const order = atoms.order ?? Array.from({ length: count }, (_, k) => k).sort((a, b) => use(b) - use(a) || a - b);
  return order.filter((concept) => Number.isInteger(concept) && concept >= 0 && concept < count);
}
