import { add, keep, mul, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizer.ts";

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
    step(parameters, gradients, learningRate) {
      parameters.forEach(({ name, variable }, i) => {
        const gradient = gradients[i] as Tensor;
        tidy(() => {
          let direction = gradient;
          if (momentum > 0) {
            const before = velocities.get(name);
            direction = before === undefined ? gradient.clone() : add(mul(before, momentum), gradient);
            before?.dispose();
            velocities.set(name, keep(direction));
          }
          variable.assign(sub(variable, mul(direction, learningRate)));
        });
      });
    },
    state: () => Object.fromEntries([...velocities].map(([name, velocity]) => [`${name}.velocity`, velocity])),
    dispose() {
      for (const velocity of velocities.values()) velocity.dispose();
      velocities.clear();
    },
  };
}
