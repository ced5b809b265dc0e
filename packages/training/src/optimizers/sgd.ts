import { option, sgdStep } from "@saeno/backend";
import { keep, type Tensor, tidy, zerosLike } from "@tensorflow/tfjs-core";
import * as v from "valibot";
import { belowOne } from "../training-schema.ts";
import { loaded, saved } from "../training-state.ts";
import { createOptimizer, defineOptimizer, type Optimizer, withoutRows } from "./optimizer.ts";

const schema = v.strictObject({
  momentum: v.optional(option(belowOne, "share of the last step that is taken again", { hidden: true }), 0),
});

export const sgdComponent = defineOptimizer({
  kind: "sgd",
  summary: "steps against the gradient",
  schema,
  create: makeSgd,
});

/** Stochastic gradient descent: `p <- p - lr g`, or with momentum mu `v <- mu v + g`, `p <- p - lr v`. */
export const sgd = (options: v.InferInput<typeof schema> = {}): Optimizer => createOptimizer(sgdComponent, options);

function makeSgd({ momentum }: v.InferOutput<typeof schema>): Optimizer {
  const velocities = new Map<string, Tensor>();
  const dispose = () => {
    for (const velocity of velocities.values()) velocity.dispose();
    velocities.clear();
  };
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
    async state() {
      const tensors = [...velocities].map(async ([name, velocity]) => [name, await saved(velocity)] as const);
      return { tensors: Object.fromEntries(await Promise.all(tensors)), values: {} };
    },
    restore({ tensors }) {
      dispose();
      for (const [name, velocity] of Object.entries(tensors)) velocities.set(name, loaded(velocity));
    },
    dispose,
  };
}
