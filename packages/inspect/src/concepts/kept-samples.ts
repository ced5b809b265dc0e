import type { SampleRecord, Where } from "./concept-index.ts";

/** Samples of which a concept's quantile samples are drawn. */
const reservoirSize = 64;

/** A sample whose place is worked out when it is shown: most of what is kept for a while is dropped again. */
export interface KeptSample extends Omit<SampleRecord, "where"> {
  readonly where?: () => Where;
}

/** The samples of one concept that are worth remembering. */
export interface KeptSamples {
  /** @param describe made only where the sample is kept. */
  add(sample: number, energy: number, describe: () => KeptSample): void;
  /** Those of most energy, that of most first; ties go to the lower sample. */
  top(): SampleRecord[];
  /**
   * `count` samples spread evenly over the quantiles of the energy: of a uniform sample of all that were added, the ones at the ranks `(i + 1/2) / count`.
   */
  drawn(count: number): SampleRecord[];
}

interface Ranked {
  readonly rank: number;
  readonly record: KeptSample;
}

/**
 * The largest energies, and a uniform sample of all. Every sample of every concept has a random number of its own, from the seed alone, and those of the
 * smallest stay: what is drawn depends neither on the order of the samples nor on batches, and needs one pass.
 */
export function keptSamples(
  concept: number,
  { top: most, seed }: { readonly top: number; readonly seed: number },
): KeptSamples {
  const best: KeptSample[] = [];
  const reservoir: Ranked[] = [];
  const key = mixed(mixed(seed ^ 0x5bd1e995) ^ concept);
  let highest = 0;

  return {
    add(sample, energy, describe) {
      let record: KeptSample | undefined;
      if (best.length < most || energy > best[best.length - 1].energy) {
        record = describe();
        let at = best.length;
        while (at > 0 && best[at - 1].energy < energy) at--;
        best.splice(at, 0, record);
        if (best.length > most) best.pop();
      }
      const rank = mixed(key ^ mixed(sample));
      if (reservoir.length < reservoirSize) {
        reservoir.push({ rank, record: record ?? describe() });
        if (rank > reservoir[highest].rank) highest = reservoir.length - 1;
      } else if (rank < reservoir[highest].rank) {
        reservoir[highest] = { rank, record: record ?? describe() };
        highest = 0;
        for (let i = 1; i < reservoirSize; i++) if (reservoir[i].rank > reservoir[highest].rank) highest = i;
      }
    },
    top: () => best.map(shown),
    drawn(count) {
      const sorted = reservoir.map(({ record }) => record).sort((a, b) => a.energy - b.energy || a.sample - b.sample);
      const wanted = Math.min(count, sorted.length);
      return Array.from({ length: wanted }, (_, i) => shown(sorted[Math.floor(((i + 0.5) / wanted) * sorted.length)]));
    },
  };
}

function shown({ where, ...record }: KeptSample): SampleRecord {
  return { ...record, ...(where === undefined ? {} : { where: where() }) };
}

/** A random number of 32 bits for a number of 32 bits (the finalizer of MurmurHash3). */
function mixed(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
