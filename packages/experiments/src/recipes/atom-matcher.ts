import { conceptsInUse, matchConcepts } from "@saeno/metrics";
import { gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { mean } from "d3-array";
import { loadModel } from "../runs/load-run.ts";
import type { RunStore } from "../runs/run-store.ts";
import type { FigureRun } from "./figure-results.ts";

/** Compares the atoms of runs, best shift by best shift where they are functions. */
export interface AtomMatcher {
  /** The mean |cosine| of matched concepts (specification: Metrics). */
  between(a: FigureRun, b: FigureRun): Promise<number>;
  /** Of all pairs of runs. */
  betweenAll(runs: readonly FigureRun[]): Promise<number[]>;
}

/** Needs a backend in use. Pairs that were compared already are remembered. */
export function atomMatcher(store: RunStore): AtomMatcher {
  const known = new Map<string, number>();
  async function between(a: FigureRun, b: FigureRun): Promise<number> {
    const key = [a.place, b.place].join("\n");
    const found = known.get(key) ?? (await compare(store, a, b));
    known.set(key, found);
    return found;
  }
  return {
    between,
    async betweenAll(runs) {
      const values: number[] = [];
      for (const [i, a] of runs.entries()) for (const b of runs.slice(i + 1)) values.push(await between(a, b));
      return values;
    },
  };
}

/** Concepts in use only: those that are not stay where they started. Of the larger set, those that match the smaller one best. */
async function compare(store: RunStore, a: FigureRun, b: FigureRun): Promise<number> {
  const left = await atomsInUse(store, a);
  const right = await atomsInUse(store, b);
  try {
    const [few, many] = conceptsOf(left) <= conceptsOf(right) ? [left, right] : [right, left];
    return mean(matchConcepts(few, many, { shifts: few.rank > 2 }).cosines) ?? Number.NaN;
  } finally {
    left.dispose();
    right.dispose();
  }
}

function conceptsOf(atoms: Tensor): number {
  return atoms.shape[0] ?? 0;
}

async function atomsInUse(store: RunStore, { place, summary }: FigureRun): Promise<Tensor> {
  const { model } = await loadModel(store, place);
  const atoms = tidy(() => gather(model.dictionary.atoms(), tensor1d(conceptsInUse(summary), "int32")));
  model.dispose();
  return atoms;
}
