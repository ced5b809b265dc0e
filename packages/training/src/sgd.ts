import { sgdStep } from "@saeno/backend";
import { keep, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";
import { withoutRows } from "./without-rows.ts";

/**
 * Stochastic gradient descent: `p <- p - lr g`, or with momentum mu `v <- mu v + g`, `p <- p - lr v`.
 *
 * @param options.momentum in [0, 1); default 0.
 */
export function sgd(options: { readonly momentum?: number } = {}): Optimizer {
  const { momentum = 0 } = options;
  const velocities = new Map<string, Tensor>();
  return {
    name: "sgd",
    keepsUnitAtoms: true,
    step(parameters, gradients, learningRate) {
      parameters.forEach(({ name, variable, constraint }, i) => {
        const gradient = gradients[i];
        tidy(() => {
          // Without momentum there is nothing to remember, and any tensor will do.
          const before = momentum > 0 ? (velocities.get(name) ?? zerosLike(gradient)) : zerosLike(gradient);
          const { parameter, velocity } = sgdStep(
            { parameter: variable, gradient, velocity: before },
            { rate: learningRate, momentum, unitRows: constraint === "unit rows", inPlace: true },
          );
          variable.assign(parameter);
          before.dispose();
          if (momentum > 0) velocities.set(name, keep(velocity));
        });
      });
    },
    forgetRows(name, rows) {
      const before = velocities.get(name);
      if (before !== undefined) velocities.set(name, withoutRows(before, rows));
    },
    state: () => Object.fromEntries([...velocities].map(([name, velocity]) => [`${name}.velocity`, velocity])),
    dispose() {
      for (const velocity of velocities.values()) velocity.dispose();
      velocities.clear();
    },
  };
}
