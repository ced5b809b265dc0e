import type { Loss } from "@saeno/core";
import { abs, add, max, mul, type Scalar, stack, sum, tidy, variableGrads } from "@tensorflow/tfjs-core";
import type { Extension, Training, TrainingStep } from "./extension.ts";
import type { TrainedParameter } from "./optimizers/optimizer.ts";

/** The last step that is looked at. */
const lastWatched = 100;

/** The penalties of a training's extensions, and a warning for those that change nothing. */
export interface PenaltyWatch {
  /** The penalties of a step. */
  of(step: TrainingStep, parameters: readonly TrainedParameter[]): Promise<Loss[]>;
  /** Gives the warnings that are due and were not given yet. */
  end(training: Training): void;
}

/**
 * Watches extensions that have a remedy: until their penalties have a gradient for the first time, it is computed apart from that of the step, at the
 * steps 1, 2, 4 .. 64 and 100. One that works costs one pass more in all.
 */
export function penaltyWatch(extensions: readonly Extension[]): PenaltyWatch {
  const watched = new Set(extensions.filter(({ remedy }) => remedy !== undefined));
  const idle = new Set<Extension>();
  const end = ({ warn }: Training) => {
    for (const { name, remedy } of idle) warn(`The penalty "${name}" changes nothing: its gradient is zero. ${remedy}`);
    idle.clear();
  };
  return {
    end,
    async of(step, parameters) {
      const terms = extensions.map((extension) => [extension, extension.penalties?.(step) ?? []] as const);
      if (Number.isInteger(Math.log2(step.step)) || step.step === lastWatched) {
        for (const [extension, penalties] of terms) {
          if (step.step > lastWatched || !watched.has(extension) || penalties.length === 0) continue;
          if (await haveGradient(step, penalties, parameters)) {
            watched.delete(extension);
            idle.delete(extension);
          } else idle.add(extension);
        }
      }
      if (step.step === lastWatched) end(step);
      return terms.flatMap(([, penalties]) => penalties);
    },
  };
}

async function haveGradient(
  { model, x }: TrainingStep,
  penalties: readonly Loss[],
  parameters: readonly TrainedParameter[],
): Promise<boolean> {
  const variables = parameters.map(({ variable }) => variable);
  const largest = tidy(() => {
    const { grads } = variableGrads(() => {
      const pass = model.pass(x);
      // tfjs refuses what depends on no variable at all.
      const none = mul(sum(variables[0]), 0);
      return penalties.reduce<Scalar>((total, penalty) => add(total, penalty(pass, model)), none as Scalar);
    }, variables);
    return max(stack(Object.values(grads).map((gradient) => max(abs(gradient)))));
  });
  const [value] = await largest.data();
  largest.dispose();
  return value !== 0;
}
