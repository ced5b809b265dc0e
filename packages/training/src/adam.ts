import { adamStep } from "@saeno/backend";
import { keep, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";
import { withMeanRows } from "./with-mean-rows.ts";
import { withoutRows } from "./without-rows.ts";

export interface AdamOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

interface Moments {
  first: Tensor;
  second: Tensor;
}

/** The size of entries that a learning rate is quoted for: those of unit atoms with 400 entries. */
const referenceSize = 0.05;

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980): `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`,
 * `p <- p - lr (size / 0.05) m_hat / (sqrt(v_hat) + eps)` with both moments corrected for their start at zero.
 *
 * Adam moves every entry by about the learning rate, whatever the gradient. A kernel's 49 entries and a spectrum's 756 differ in
 * size at equal norm, an encoder's by its gain, so steps are taken relative to the size that each parameter's entries start with:
 * one learning rate then means the same for every dictionary, number of modes and unit of the data.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const moments = new Map<string, Moments>();
  let steps = 0;
  return {
    name: "adam",
    keepsUnitAtoms: true,
    step(parameters, gradients, learningRate) {
      steps++;
      const correction = Math.sqrt(1 - beta2 ** steps);
      const rate = (learningRate * correction) / (1 - beta1 ** steps);
      parameters.forEach(({ name, variable, entrySize, constraint }, i) => {
        const gradient = gradients[i];
        tidy(() => {
          const before = moments.get(name) ?? { first: zerosLike(gradient), second: zerosLike(gradient) };
          const { parameter, first, second } = adamStep(
            { parameter: variable, gradient, ...before },
            {
              rate: (rate * entrySize) / referenceSize,
              floor: epsilon * correction,
              beta1,
              beta2,
              unitRows: constraint === "unit rows",
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
    state: () =>
      Object.fromEntries(
        [...moments].flatMap(([name, { first, second }]) => [
          [`${name}.first`, first],
          [`${name}.second`, second],
        ]),
      ),
    dispose() {
      for (const { first, second } of moments.values()) {
        first.dispose();
        second.dispose();
      }
      moments.clear();
    },
  };
}
