import { createRandom, nonNegativeInteger, option, positiveNumber, type Random, share, sizeOf } from "@saeno/backend";
import { sub, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { recallBiases } from "../concept-usage.ts";
import { createExtension, defineExtension, type Extension, type TrainingStep } from "../extension.ts";
import { conceptRows } from "../optimizers/optimizer.ts";
import { stateNumber } from "../training-state.ts";

const schema = v.strictObject({
  every: v.optional(
    option(nonNegativeInteger, "give dead concepts a new start every n steps; 0 for never", { flag: "resample" }),
    50,
  ),
  until: v.optional(
    option(share, "share of the run after which they stay as they are: revived ones take time to settle", {
      hidden: true,
    }),
    0.3,
  ),
  encoderScale: v.optional(
    option(positiveNumber, "norm of a revived encoder row, relative to what it was", { hidden: true }),
    1,
  ),
});

export const resampleComponent = defineExtension({
  kind: "resample",
  summary: "gives dead concepts a new start from time to time",
  schema,
  isOff: ({ every }) => every === 0,
  create({ every, until, encoderScale }): Extension {
    let random: Random = createRandom(0);
    let draws = 0;
    const uniform = () => {
      draws++;
      return random.uniform();
    };
    return {
      name: "resample",
      prepare({ seed }) {
        random = createRandom(seed).split("resample");
        draws = 0;
      },
      async afterStep(step) {
        if (step.step % every !== 0 || step.step - 1 >= until * step.steps) return;
        const concepts = step.usage.dead();
        await resampleConcepts(step, { concepts, encoderScale, uniform });
        step.usage.revive(concepts);
      },
      state: () => ({ tensors: {}, values: { draws } }),
      restore(state) {
        // A stream of random numbers is where it was after as many draws.
        for (const before = stateNumber(state, "draws"); draws < before; ) uniform();
      },
    };
  },
});

/** Gives dead concepts a new start from what the model does not explain, from time to time. */
export const resample = (options: v.InferInput<typeof schema> = {}): Extension =>
  createExtension(resampleComponent, options);

export interface Resampling {
  /** The concepts to revive. */
  readonly concepts: readonly number[];
  readonly encoderScale: number;
  /** Random numbers in [0, 1). */
  uniform(): number;
}

/**
 * Gives concepts a new start from what the model does not explain (after Bricken et al. 2023): the atom becomes the error around a point,
 * drawn in proportion to its squared error from all points of the batch (vectors: the error of a sample), as far as the kind of dictionary
 * can express it, at unit norm; the row of an untied encoder becomes the same at the norm that it had; its bias the mean of others.
 * The optimizer forgets the concepts.
 *
 * The rows of concepts in use have grown with all that they explain, and their biases have fallen: a new row at their norm, or with a bias of zero, would
 * at once be chosen everywhere.
 */
export async function resampleConcepts(
  { model, optimizer, x }: Pick<TrainingStep, "model" | "optimizer" | "x">,
  { concepts, encoderScale, uniform }: Resampling,
): Promise<void> {
  if (concepts.length === 0) return;
  const errors = tidy(() => {
    const { input, output } = model.pass(x);
    return sub(input, output);
  });
  const functions = newFunctions(await errors.data<"float32">(), errors.shape, concepts.length, uniform);
  errors.dispose();
  model.dictionary.assign(functions, { concepts, localized: true });
  model.encoder.assign?.(functions, { concepts, localized: true, norm: { kept: encoderScale } });
  functions.dispose();
  await recallBiases(model, concepts, 1);
  for (const { name, role, variable } of model.parameters()) {
    const hasRows = conceptRows.includes(role) || role === "encoder bias";
    if (hasRows && variable.shape[0] === model.dictionary.conceptCount) optimizer.forgetRows?.(name, concepts);
  }
}

/** What new atoms become `[count, ...N, C]`, their origin in the corner, by the errors of a batch `[B, ...N, C]`. */
function newFunctions(
  errors: Float32Array,
  [batch, ...rest]: readonly number[],
  count: number,
  uniform: () => number,
): Tensor {
  const channels = rest[rest.length - 1];
  const grid = rest.slice(0, -1);
  const sampleSize = errors.length / batch;
  // Where there is no grid, a sample is one point.
  const pointSize = grid.length === 0 ? sampleSize : channels;
  const functions = new Float32Array(count * sampleSize);
  drawPoints(errors, pointSize, count, uniform).forEach((point, i) => {
    const sample = Math.floor((point * pointSize) / sampleSize);
    const error = errors.subarray(sample * sampleSize, (sample + 1) * sampleSize);
    functions.set(grid.length === 0 ? error : movedTo(point % sizeOf(grid), error, grid, channels), i * sampleSize);
  });
  return tensor(functions, [count, ...rest]);
}

/** Different points of a batch, drawn in proportion to their squared norm; the last one again when there are no more. */
function drawPoints(values: Float32Array, pointSize: number, count: number, uniform: () => number): number[] {
  const energies = new Float64Array(values.length / pointSize);
  values.forEach((value, i) => {
    const point = Math.floor(i / pointSize);
    energies[point] = energies[point] + value ** 2;
  });
  let total = energies.reduce((a, b) => a + b, 0);
  let drawn = 0;
  return Array.from({ length: count }, () => {
    let target = uniform() * total;
    for (let point = 0; point < energies.length; point++) {
      const energy = energies[point];
      if (energy === 0) continue;
      drawn = point;
      target -= energy;
      if (target < 0) break;
    }
    total -= energies[drawn];
    energies[drawn] = 0;
    return drawn;
  });
}

/** A function `[...N, C]`, flat, moved on its torus so that a point comes to index 0. */
function movedTo(point: number, values: Float32Array, grid: readonly number[], channels: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let n = 0; n < values.length / channels; n++) {
    let [from, stride, restN, restPoint] = [0, 1, n, point];
    for (let axis = grid.length - 1; axis >= 0; axis--) {
      const size = grid[axis];
      from += stride * (((restN % size) + (restPoint % size)) % size);
      restN = Math.floor(restN / size);
      restPoint = Math.floor(restPoint / size);
      stride *= size;
    }
    for (let c = 0; c < channels; c++) moved[n * channels + c] = values[from * channels + c];
  }
  return moved;
}
