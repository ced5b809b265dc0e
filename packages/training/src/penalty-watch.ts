import type { Loss } from "@saeno/core";
import { abs, add, max, mul, type Scalar, stack, sum, tidy, variableGrads, zerosLike } from "@tensorflow/tfjs-core";
import type { Extension, Training, TrainingStep } from "./extension.ts";
import type { TrainedParameter } from "./optimizers/optimizer.ts";

/** The last step that is looked at. */
const lastWatched = 100;

/** The penalties of a training's extensions, and a warning for those that change next to nothing. */
export interface PenaltyWatch {
  /** The penalties of a step. */
  of(step: TrainingStep, parameters: readonly TrainedParameter[]): Promise<Loss[]>;
  /** Gives the warnings that are due and were not given yet. */
  end(training: Training): void;
  /** For a continued training: 1 for each extension that is still watched. What its gradient has reached is not remembered. */
  state(): Readonly<Record<string, number>>;
  restore(state: Readonly<Record<string, unknown>>): void;
}

/** Which entries of parameters the gradient of a penalty has reached until now, by the names of those. */
type Reached = Map<string, Uint8Array>;

/**
 * Watches extensions that have a remedy: until their penalties have reached enough, their gradient is computed apart from that of the step, at the steps
 * 1, 2, 4 .. 64 and 100.
 */
export function penaltyWatch(extensions: readonly Extension[]): PenaltyWatch {
  const watched = new Map(extensions.filter(({ remedy }) => remedy !== undefined).map((each) => [each, new Map()]));
  const applied = new Set<Extension>();

  async function watch(extension: Extension, found: Promise<ReadonlyMap<string, Float32Array>>): Promise<void> {
    const reached: Reached = watched.get(extension) ?? new Map();
    for (const [name, gradient] of await found) {
      const marks = reached.get(name) ?? new Uint8Array(gradient.length);
      gradient.forEach((value, i) => {
        if (value !== 0) marks[i] = 1;
      });
      reached.set(name, marks);
    }
    applied.add(extension);
    if (shareOf(reached) > (extension.reach ?? 0)) watched.delete(extension);
  }

  function end({ warn }: Training): void {
    for (const [extension, reached] of watched) {
      if (!applied.has(extension)) continue;
      const share = shareOf(reached);
      const problem =
        share === 0
          ? "changes nothing: its gradient is zero"
          : `changes next to nothing: its gradient reached ${(100 * share).toFixed(1)} % of what it should move`;
      warn(`The penalty "${extension.name}" ${problem}. ${extension.remedy}`);
    }
    watched.clear();
  }

  return {
    end,
    state: () => Object.fromEntries([...watched.keys()].map(({ name }) => [name, 1])),
    restore(state) {
      for (const extension of [...watched.keys()]) if (!(extension.name in state)) watched.delete(extension);
    },
    async of(step, parameters) {
      const penalties = extensions.map((extension) => [extension, extension.penalties?.(step) ?? []] as const);
      if (step.step <= lastWatched && (Number.isInteger(Math.log2(step.step)) || step.step === lastWatched)) {
        for (const [extension, own] of penalties) {
          if (own.length > 0 && watched.has(extension)) await watch(extension, gradientsOf(step, own, parameters));
        }
      }
      if (step.step === lastWatched) end(step);
      return penalties.flatMap(([, own]) => own);
    },
  };
}

/** The largest share of a parameter that was reached. */
function shareOf(reached: Reached): number {
  const shares = [...reached.values()].map((marks) => marks.reduce((all, mark) => all + mark, 0) / marks.length);
  return Math.max(0, ...shares);
}

/** The gradients of penalties that are not zero everywhere, by the names of parameters. */
async function gradientsOf(
  { model, x }: TrainingStep,
  penalties: readonly Loss[],
  parameters: readonly TrainedParameter[],
): Promise<Map<string, Float32Array>> {
  const variables = parameters.map(({ variable }) => variable);
  const [sizes, ...gradients] = tidy(() => {
    const { grads } = variableGrads(() => {
      const pass = model.pass(x);
      // tfjs refuses what depends on no variable at all.
      const none = mul(sum(variables[0]), 0);
      return penalties.reduce<Scalar>((total, penalty) => add(total, penalty(pass, model)), none as Scalar);
    }, variables);
    const all = variables.map((variable) => grads[variable.name] ?? zerosLike(variable));
    return [stack(all.map((gradient) => max(abs(gradient)))), ...all];
  });
  try {
    const largest = await sizes.data();
    const found = new Map<string, Float32Array>();
    for (const [i, { name }] of parameters.entries()) {
      const gradient = gradients[i];
      if (gradient !== undefined && largest[i] !== 0) found.set(name, await gradient.data<"float32">());
    }
    return found;
  } finally {
    for (const each of [sizes, ...gradients]) each.dispose();
  }
}
