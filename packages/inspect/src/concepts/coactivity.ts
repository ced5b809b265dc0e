import type { Coactive } from "./concept-index.ts";

/** Counts of all pairs take 128 MB for so many concepts; of more they are not kept. */
const mostConcepts = 8192;

/** How often concepts are active in the same samples. */
export interface Coactivity {
  /** The concepts of a sample, ascending. */
  add(concepts: Int32Array): void;
  /**
   * Those that go with a concept, at most `most`: ranked by how many samples beyond chance they share, `n log(lift)`, and only where that is positive.
   *
   * @param counts by concept, in how many samples it is active.
   * @param maps by concept its mean map; none for scalar codes.
   */
  of(concept: number, most: number, sums: CoactivitySums): Coactive[];
}

interface CoactivitySums {
  readonly samples: number;
  readonly counts: ArrayLike<number>;
  readonly maps?: readonly Float32Array[] | undefined;
}

export function coactivity(conceptCount: number): Coactivity {
  const pairs = conceptCount <= mostConcepts ? new Uint32Array((conceptCount * (conceptCount - 1)) / 2) : undefined;
  /** The row of a concept without the entry of the pair with itself. */
  const rowOf = (k: number) => (k * (2 * conceptCount - k - 1)) / 2 - k - 1;

  return {
    add(concepts) {
      if (pairs === undefined) return;
      for (let i = 0; i < concepts.length; i++) {
        const row = rowOf(concepts[i]);
        for (let j = i + 1; j < concepts.length; j++) pairs[row + concepts[j]] += 1;
      }
    },
    of(concept, most, { samples, counts, maps }) {
      if (pairs === undefined) return [];
      const found: { concept: number; count: number; lift: number; weight: number }[] = [];
      for (let other = 0; other < conceptCount; other++) {
        if (other === concept) continue;
        const count = pairs[rowOf(Math.min(concept, other)) + Math.max(concept, other)];
        const lift = (count * samples) / (counts[concept] * counts[other]);
        if (count > 0 && lift > 1) found.push({ concept: other, count, lift, weight: count * Math.log(lift) });
      }
      return found
        .sort((a, b) => b.weight - a.weight || a.concept - b.concept)
        .slice(0, most)
        .map(({ weight: _, ...each }) => ({
          ...each,
          overlap: maps === undefined ? Number.NaN : cosine(maps[concept], maps[each.concept]),
        }));
    },
  };
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    ofA += a[i] ** 2;
    ofB += b[i] ** 2;
  }
  return product === 0 ? 0 : product / Math.sqrt(ofA * ofB);
}
