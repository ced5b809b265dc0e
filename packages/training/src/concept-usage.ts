import type { Codes } from "@saeno/activations";
import type { SparseAutoencoder } from "@saeno/core";
import { any, cast, notEqual, reshape, sum, type Tensor, tensor1d, tidy, type Variable } from "@tensorflow/tfjs-core";

/** Which concepts a training uses, across epochs. */
export interface ConceptUsage {
  /** In how many samples of the last batch each concept was active, `[K]`. */
  readonly loads: Float64Array;
  /** The samples since each was last active, `[K]`. */
  readonly idle: Float64Array;
  /** A concept that was active in none of this many samples is dead (specification: Training). */
  deadAfter: number;
  /** Adds a batch: in how many of its samples each concept was active. */
  update(loads: Float64Array, batch: number): void;
  /** The dead concepts. */
  dead(): number[];
  /** Counts these as active just now. */
  revive(concepts: readonly number[]): void;
}

export function conceptUsage(conceptCount: number, deadAfter: number): ConceptUsage {
  const [loads, idle] = [new Float64Array(conceptCount), new Float64Array(conceptCount)];
  const usage: ConceptUsage = {
    loads,
    idle,
    deadAfter,
    update(found, batch) {
      loads.set(found);
      found.forEach((load, k) => {
        idle[k] = load > 0 ? 0 : idle[k] + batch;
      });
    },
    dead: () => [...idle.keys()].filter((k) => idle[k] >= usage.deadAfter),
    revive(concepts) {
      for (const concept of concepts) idle[concept] = 0;
    },
  };
  return usage;
}

/** In how many samples of a batch each concept is active (has a value other than 0 somewhere), `[K]`. */
export async function conceptLoads(codes: Codes): Promise<Float64Array> {
  if (codes.kind === "dense") {
    const { shape } = codes.values;
    const counted: Tensor = tidy(() => {
      const active = any(notEqual(reshape(codes.values, [shape[0], -1, shape[shape.length - 1]]), 0), 1);
      return sum(cast(active, "float32"), 0);
    });
    const loads = Float64Array.from(await counted.data());
    counted.dispose();
    return loads;
  }
  const [concepts, values] = await Promise.all([codes.concepts.data(), codes.values.data()]);
  const kept = concepts.length > 0 ? values.length / concepts.length : 0;
  const loads = new Float64Array(codes.conceptCount);
  concepts.forEach((concept, row) => {
    for (let i = row * kept; i < (row + 1) * kept; i++) {
      if (values[i] !== 0) {
        loads[concept] = loads[concept] + 1;
        break;
      }
    }
  });
  return loads;
}

/** The encoder's biases, if it has any. */
export function encoderBias(model: SparseAutoencoder): Variable | undefined {
  return model.parameters().find(({ role }) => role === "encoder bias")?.variable;
}

/**
 * Moves the encoder biases of some concepts, if it has any, toward the mean of all others by a share of the way, in [0, 1].
 *
 * A bias falls fast while its concept is in use, and can push the whole map below zero: the energy is then 0 whatever the selection bias, and
 * no gradient brings it back.
 *
 * @param known their values, if they have been read.
 */
export async function recallBiases(
  model: SparseAutoencoder,
  concepts: readonly number[],
  share: number,
  known?: Float32Array,
): Promise<void> {
  const bias = encoderBias(model);
  if (bias === undefined || concepts.length === 0) return;
  const values = Float32Array.from(known ?? (await bias.data<"float32">()));
  const left = new Set(concepts);
  const others = values.filter((_, k) => !left.has(k));
  const mean = others.length === 0 ? 0 : others.reduce((a, b) => a + b, 0) / others.length;
  for (const k of left) values[k] = mean + (1 - share) * (values[k] - mean);
  tidy(() => bias.assign(tensor1d(values)));
}
