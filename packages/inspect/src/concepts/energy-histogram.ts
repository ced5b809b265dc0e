import { type EnergyHistogram, quantileShares } from "./concept-index.ts";

/** Bins that a factor of two in energy has; and the bins of those that are shown as one. */
const [binsOfOctave, binsShown] = [64, 32];

/** Bins of a shown histogram, at most: 24 octaves. What is below counts to the lowest. */
export const mostShown = 48;

/**
 * Energies of any number of samples, counted in bins of equal width in their logarithm: in one pass, in any order, and in memory that grows with
 * the range of the energies only. A quantile is known to a bin.
 */
export interface EnergyCounts {
  add(energy: number): void;
  readonly count: number;
  /** `quantileShares`, each in the middle of its bin (0.55 % from either end at most), within the smallest and the largest; NaN of nothing. */
  quantiles(): number[];
  /** The share of the energies that are in a bin no higher. */
  shareUpTo(energy: number): number;
  histogram(): EnergyHistogram;
}

export function energyCounts(): EnergyCounts {
  let counts = new Uint32Array(0);
  let lowest = 0;
  let [count, smallest, largest] = [0, Number.POSITIVE_INFINITY, 0];

  function reserve(bin: number): void {
    if (counts.length === 0) lowest = bin;
    if (bin >= lowest && bin < lowest + counts.length) return;
    const from = Math.min(bin, lowest);
    const to = Math.max(bin + 1, lowest + counts.length);
    const wider = new Uint32Array(to - from);
    wider.set(counts, lowest - from);
    [counts, lowest] = [wider, from];
  }

  return {
    add(energy) {
      const bin = binOf(energy);
      reserve(bin);
      counts[bin - lowest] += 1;
      count++;
      smallest = Math.min(smallest, energy);
      largest = Math.max(largest, energy);
    },
    get count() {
      return count;
    },
    quantiles() {
      if (count === 0) return quantileShares.map(() => Number.NaN);
      return quantileShares.map((share) => {
        if (share === 0) return smallest;
        if (share === 1) return largest;
        const wanted = Math.max(1, Math.ceil(share * count));
        let [bin, below] = [0, counts[0]];
        while (below < wanted) below += counts[++bin];
        const middle = 2 ** ((lowest + bin + 0.5) / binsOfOctave);
        return Math.min(largest, Math.max(smallest, middle));
      });
    },
    shareUpTo(energy) {
      const last = Math.min(counts.length - 1, binOf(energy) - lowest);
      let below = 0;
      for (let bin = 0; bin <= last; bin++) below += counts[bin];
      return below / count;
    },
    histogram() {
      if (count === 0) return { edges: [], counts: [] };
      const highest = Math.floor((lowest + counts.length - 1) / binsShown);
      const first = Math.max(Math.floor(lowest / binsShown), highest - mostShown + 1);
      const shown = Array<number>(highest - first + 1).fill(0);
      counts.forEach((n, i) => {
        shown[Math.max(0, Math.floor((lowest + i) / binsShown) - first)] += n;
      });
      return { edges: histogramEdges(first, shown.length), counts: shown };
    },
  };
}

/** The ends of the bins of a shown histogram, from the number of the first. */
export function histogramEdges(first: number, bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, i) => 2 ** (((first + i) * binsShown) / binsOfOctave));
}

/** The number of the bin that an edge begins: what a file keeps. */
export function firstBin(edge: number): number {
  return Math.round((Math.log2(edge) * binsOfOctave) / binsShown);
}

function binOf(energy: number): number {
  return Math.floor(Math.log2(energy) * binsOfOctave);
}
