import type { EnergyKind } from "@saeno/backend";
import { type SparseAutoencoder, saeFno, saeMlp } from "@saeno/core";
import { evaluate } from "@saeno/metrics";
import { adam, type StepRecord, train } from "@saeno/training";
import type { Remedy } from "./remedies.ts";
import type { RemedySetting } from "./remedy-settings.ts";

export interface RemedyRun {
  readonly steps: number;
  readonly learningRate: number;
  readonly energy: EnergyKind;
  readonly seed: number;
  /** Of maps; default 14 on each axis. */
  readonly modes?: readonly number[];
}

/** What held-out samples say of a model after training. */
export interface RemedyOutcome {
  readonly setting: string;
  readonly remedy: string;
  readonly seed: number;
  readonly steps: number;
  readonly relativeError: number;
  /** Concepts that are active in at least one sample. */
  readonly inUse: number;
  /** Concepts that are active in more than one sample in a hundred. */
  readonly often: number;
  /** Of training alone. */
  readonly seconds: number;
}

/** Trains SAE-FNO, or SAE-MLP on vectors, on batches of 48, with a remedy. */
export async function measureRemedy(
  setting: RemedySetting,
  remedy: Remedy,
  run: RemedyRun,
  onStep?: (record: StepRecord) => void,
): Promise<RemedyOutcome> {
  const { steps, learningRate, seed } = run;
  const model = modelOf(setting, remedy, run);
  const optimizer = adam({ moments: "entry" });
  const records = await train({
    model,
    dataset: setting.train,
    steps,
    batchSize: 48,
    learningRate,
    seed,
    optimizer,
    extensions: remedy.extensions,
    ...(onStep === undefined ? {} : { onStep }),
  });
  optimizer.dispose();
  const { relativeError, utilization } = await evaluate(model, setting.test);
  model.dispose();
  const used = (share: number) => utilization.reduce((count, value) => count + (value > share ? 1 : 0), 0);
  return {
    setting: setting.name,
    remedy: remedy.name,
    seed,
    steps,
    relativeError,
    inUse: used(0),
    often: used(0.01),
    seconds: records.at(-1)?.seconds ?? 0,
  };
}

function modelOf(
  { train: { channels }, concepts, active, density }: RemedySetting,
  { balanced }: Remedy,
  { energy, seed, modes = [14, 14] }: RemedyRun,
): SparseAutoencoder {
  const rules = { conceptRule: "topk", domainRule: "topk" };
  const usual =
    density === undefined ? { kind: "topk", k: active } : { kind: "map-sparsity", active, density, energy, ...rules };
  const activation = balanced ? { kind: "balanced", activation: usual } : usual;
  const shared = { concepts, active, activation, seed };
  return density === undefined
    ? saeMlp({ ...shared, inputs: channels })
    : saeFno({ ...shared, channels, modes, start: "random" });
}
