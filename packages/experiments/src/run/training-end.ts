import { mean } from "d3-array";

/** How a training ended. */
export interface TrainingEnd {
  /** Made. */
  readonly steps: number;
  readonly stepsAsked: number;
  /** Whether it was ended before all steps were made; the model is from that moment. */
  readonly interrupted: boolean;
  /** Of the last step; absent if none was made. */
  readonly learningRate?: number;
  /** How much lower, as a share, the relative error of batches was in the last tenth of the steps than in the tenth before; for 20 steps or more. */
  readonly lateFall?: number;
}

interface Step {
  readonly relativeError: number;
  readonly learningRate?: number | undefined;
}

/** What a history says about how the training of a configuration ended. */
export function trainingEnd(
  { training }: { readonly training: { readonly steps: number } },
  history: readonly Step[],
): TrainingEnd {
  const steps = history.length;
  const tenth = Math.floor(steps / 10);
  const errorOf = (some: readonly Step[]) => mean(some, ({ relativeError }) => relativeError) ?? Number.NaN;
  const lateFall = 1 - errorOf(history.slice(steps - tenth)) / errorOf(history.slice(steps - 2 * tenth, steps - tenth));
  const learningRate = history.at(-1)?.learningRate;
  return {
    steps,
    stepsAsked: training.steps,
    interrupted: steps < training.steps,
    ...(learningRate === undefined ? {} : { learningRate }),
    ...(tenth >= 2 && Number.isFinite(lateFall) ? { lateFall } : {}),
  };
}

type Interruption = { readonly [Key in "steps" | "stepsAsked" | "learningRate"]?: number | undefined };

/** `interrupted at step 120 of 200 (learning rate 0.02)`; nothing where all steps were made. */
export function interruptionInWords(end: Interruption & { readonly interrupted: boolean }): string | undefined {
  if (!end.interrupted) return undefined;
  const { steps = 0, stepsAsked, learningRate } = end;
  const rate = learningRate === undefined ? "" : ` (learning rate ${Number(learningRate.toPrecision(3))})`;
  return `interrupted at step ${steps} of ${stepsAsked ?? "more"}${rate}`;
}
