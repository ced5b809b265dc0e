import { adamStep, oneOf, option, positiveNumber, yesOrNo } from "@saeno/backend";
import { add, div, keep, mul, sub, sum, type Tensor, tidy, zeros, zerosLike } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { belowOne } from "../training-schema.ts";
import { loaded, saved, stateNumber } from "../training-state.ts";
import {
  conceptRows,
  createOptimizer,
  defineOptimizer,
  type Optimizer,
  rowMask,
  type TrainedParameter,
  withoutRows,
} from "./optimizer.ts";

const schema = v.strictObject({
  moments: v.optional(
    option(
      oneOf("auto", "entry", "row"),
      "what has its own mean of squared gradients: each entry, or a whole concept (row); auto: a concept, if its entries are Fourier coefficients",
    ),
    "auto",
  ),
  lazy: v.optional(
    option(
      yesOrNo,
      "skip concepts without a gradient in a step, including their moments; faster if a batch uses few of very many concepts",
      { flag: "lazy-adam" },
    ),
    false,
  ),
  beta1: v.optional(option(belowOne, "share of the mean of gradients that stays in a step", { hidden: true }), 0.9),
  beta2: v.optional(
    option(belowOne, "share of the mean of their squares that stays in a step", { hidden: true }),
    0.999,
  ),
  epsilon: v.optional(
    option(positiveNumber, "added to the root of the latter, less where the data is small", { hidden: true }),
    1e-8,
  ),
});

export const adamComponent = defineOptimizer({
  kind: "adam",
  summary: "steps of one size for all entries, whatever their gradients",
  schema,
  create: makeAdam,
});

interface Moments {
  first: Tensor;
  second: Tensor;
}

/** The size of entries that a learning rate is quoted for: those of unit atoms with 400 entries. */
const referenceSize = 0.05;

/** What the learning rate is multiplied by where a row has one second moment: its step follows the gradient, and need not be as long (docs/concepts.md). */
const rowRate = 0.2;

/**
 * `b2` of row moments, at most. The mean over a row is little noise, and a longer memory lets the first steps of a concept that comes into use
 * be ten times too long: in a run of 2,000 steps all but one concept died of it.
 */
const rowMemory = 0.99;

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980): `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`,
 * `p <- p - lr (size / 0.05) m_hat / (sqrt(v_hat) + eps)` with both moments corrected for their start at zero.
 *
 * Adam moves every entry by about the learning rate, whatever the gradient. A kernel's 49 entries and a spectrum's 756 differ in
 * size at equal norm, an encoder's by its gain, so steps are taken relative to the size that each parameter's entries start with:
 * one learning rate then means the same for every dictionary, number of modes and unit of the data. So that `eps` means the same too, it is
 * multiplied by the unit of gradients: by 100 times the mean square of the inputs, where that is less than 1.
 *
 * Moving all Fourier coefficients by the same amount adds noise in space: elementwise Adam depends on the basis. With row moments, `v` is one number for
 * each row, of its mean squared gradient, and a step is the same in every orthonormal basis: a step on a spectrum is the step on its kernel. With `lazy`,
 * rows of concepts that have no gradient in a step keep their values and moments, as in PyTorch's SparseAdam: moments then fade with the steps that use a
 * concept, not with all. If `moments` is `auto`, parameters whose rows are coefficients in some basis (`anyBasis`) have row moments.
 */
export const adam = (options: v.InferInput<typeof schema> = {}): Optimizer => createOptimizer(adamComponent, options);

function makeAdam({ moments: shared, lazy, beta1, beta2, epsilon }: v.InferOutput<typeof schema>): Optimizer {
  const moments = new Map<string, Moments>();
  let steps = 0;
  const dispose = () => {
    for (const { first, second } of moments.values()) {
      first.dispose();
      second.dispose();
    }
    moments.clear();
  };
  return {
    name: "adam",
    keepsUnitAtoms: true,
    step(parameters, gradients, learningRate) {
      steps++;
      parameters.forEach((each, i) => {
        const { name, variable, entrySize, gradientUnit = 1, constraint } = each;
        const gradient = gradients[i];
        const rowMoments = hasRowMoments(each, shared);
        const memory = rowMoments ? Math.min(beta2, rowMemory) : beta2;
        const correction = Math.sqrt(1 - memory ** steps);
        const rate = ((rowMoments ? rowRate : 1) * learningRate * correction) / (1 - beta1 ** steps);
        tidy(() => {
          const before = moments.get(name) ?? {
            first: zerosLike(gradient),
            second: rowMoments ? zeros(gradient.shape.map((n, axis) => (axis === 0 ? n : 1))) : zerosLike(gradient),
          };
          const { parameter, first, second } = adamStep(
            { parameter: variable, gradient, ...before },
            {
              rate: (rate * entrySize) / referenceSize,
              floor: epsilon * gradientUnit * correction,
              beta1,
              beta2: memory,
              unitRows: constraint === "unit rows",
              rowMoments,
              lazy: lazy && conceptRows.includes(each.role),
              inPlace: true,
            },
          );
          variable.assign(parameter);
          before.first.dispose();
          before.second.dispose();
          moments.set(name, { first: keep(first), second: keep(second) });
        });
      });
    },
    forgetRows(name, rows) {
      const before = moments.get(name);
      if (before === undefined) return;
      // From zero, the second moment of a row would make its steps several times too long: only the start of a run is corrected for.
      moments.set(name, { first: withoutRows(before.first, rows), second: withMeanRows(before.second, rows) });
    },
    async state() {
      const tensors = [...moments].map(async ([name, { first, second }]) => [
        [`${name}.first`, await saved(first)] as const,
        [`${name}.second`, await saved(second)] as const,
      ]);
      return { tensors: Object.fromEntries((await Promise.all(tensors)).flat()), values: { steps } };
    },
    restore(state) {
      dispose();
      steps = stateNumber(state, "steps");
      for (const [key, first] of Object.entries(state.tensors)) {
        const name = key.endsWith(".first") ? key.slice(0, -".first".length) : undefined;
        const second = state.tensors[`${name}.second`];
        if (name !== undefined && second !== undefined)
          moments.set(name, { first: loaded(first), second: loaded(second) });
      }
    },
    dispose,
  };
}

function hasRowMoments({ role, anyBasis = false }: TrainedParameter, shared: "auto" | "entry" | "row"): boolean {
  return shared === "auto" ? anyBasis : shared === "row" && conceptRows.includes(role);
}

/** A tensor with some rows (first axis) replaced by the mean of all others, zero where there are none, kept; the one given is disposed. */
function withMeanRows(x: Tensor, rows: readonly number[]): Tensor {
  const others = x.shape[0] - new Set(rows).size;
  const result = tidy(() => {
    const mask = rowMask(x, rows);
    const masked = mul(x, mask);
    const mean = div(sum(masked, 0, true), Math.max(1, others));
    return keep(add(masked, mul(mean, sub(1, mask))));
  });
  x.dispose();
  return result;
}
