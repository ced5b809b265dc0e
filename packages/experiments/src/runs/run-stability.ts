import { type ConceptUse, comparableAtoms, stabilityOfAtoms } from "@saeno/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { RunSummary } from "../run/run-numbers.ts";
import { loadModel } from "./load-run.ts";
import type { RunStore } from "./run-store.ts";

/** A finished run. */
export interface SummarizedRun {
  readonly place: string;
  readonly summary: RunSummary;
}

/**
 * The stability of concepts, weighted by energy (specification: Metrics), of all pairs of runs that differ by their seed. Needs a backend in use.
 */
export async function stabilityOfRuns(store: RunStore, runs: readonly SummarizedRun[]): Promise<number[]> {
  const loaded: (ConceptUse & { readonly atoms: Tensor; readonly shifts: boolean })[] = [];
  try {
    for (const { place, summary } of runs) {
      const { model } = await loadModel(store, place);
      const { utilization, energy, grid } = summary;
      loaded.push({ ...comparableAtoms(model.dictionary, grid), utilization, energy });
      model.dispose();
    }
    const values: number[] = [];
    for (const [i, a] of loaded.entries()) {
      for (const b of loaded.slice(i + 1)) {
        values.push((await stabilityOfAtoms(a, b, a)).weighted);
      }
    }
    return values;
  } finally {
    for (const { atoms } of loaded) atoms.dispose();
  }
}
