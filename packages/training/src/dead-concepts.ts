/** When each concept was last active, in samples, across epochs. */
export interface DeadConcepts {
  /** Takes in a batch: in how many of its samples each concept was active. */
  update(loads: Float64Array, batch: number): void;
  /** 1 for a concept that was not active in the last `deadAfter` samples, else 0. */
  dead(): Float32Array;
  /** Their indices. */
  concepts(): number[];
  count(): number;
  /** Counts these as active just now. */
  revive(concepts: readonly number[]): void;
}

/** A concept is dead when it was not active in the last `deadAfter` samples (specification: Training). */
export function deadConcepts(conceptCount: number, deadAfter: number): DeadConcepts {
  const idle = new Float64Array(conceptCount);
  return {
    update(loads, batch) {
      loads.forEach((load, k) => {
        idle[k] = load > 0 ? 0 : idle[k] + batch;
      });
    },
    dead: () => Float32Array.from(idle, (samples) => (samples >= deadAfter ? 1 : 0)),
    concepts: () => [...idle.keys()].filter((k) => idle[k] >= deadAfter),
    count: () => idle.reduce((total, samples) => total + (samples >= deadAfter ? 1 : 0), 0),
    revive(concepts) {
      for (const concept of concepts) idle[concept] = 0;
    },
  };
}
