import { stability } from "@saeno/metrics";
import { gather, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { conceptsInUse } from "../concepts-in-use.ts";
import { loadModel } from "../load-model.ts";
import type { FigureRun } from "./figure-results.ts";

/** Compares the atoms of runs, best shift by best shift where they are functions. */
export interface AtomMatcher {
  /** The mean |cosine| of matched concepts (specification: Metrics). */
  between(a: FigureRun, b: FigureRun): number;
  /** Of all pairs of runs. */
  betweenAll(runs: readonly FigureRun[]): number[];
}

/** Needs a backend in use. Pairs that were compared already are remembered. */
export function atomMatcher(): AtomMatcher {
  const known = new Map<string, number>();
  function between(a: FigureRun, b: FigureRun): number {
    const key = [a.path, b.path].join("\n");
    const found = known.get(key) ?? compare(a, b);
    known.set(key, found);
    return found;
  }
  return {
    between,
    betweenAll: (runs) => runs.flatMap((a, i) => runs.slice(i + 1).map((b) => between(a, b))),
  };
}

/** Concepts in use only: those that are not stay where they started. Of the larger set, those that match the smaller one best. */
function compare(a: FigureRun, b: FigureRun): number {
  const [left, right] = [atomsInUse(a), atomsInUse(b)] as const;
  try {
    const [few, many] = left.shape[0] <= right.shape[0] ? [left, right] : [right, left];
    return stability(few, many, { shifts: few.rank > 2 });
  } finally {
    left.dispose();
    right.dispose();
  }
}

function atomsInUse({ path, summary }: FigureRun): Tensor & { readonly shape: [number, ...number[]] } {
  const { model } = loadModel(path);
  const used = conceptsInUse(summary);
  const atoms = tidy(() => gather(model.dictionary.atoms(), tensor1d(used, "int32")));
  model.dispose();
  return atoms as never;
}
