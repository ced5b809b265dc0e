import type { ModelConfig } from "@saeno/core";
import type { SmallModel } from "./small-models.ts";

/** What one process, or one page, does on one form of a backend. */
export type Task =
  /** Runs every n-th case of the contracts, or as many as `seconds` allow, trains these small models and saves them. */
  | {
      readonly kind: "examine";
      readonly form: string;
      readonly every: number;
      readonly seconds?: number;
      readonly models: readonly SmallModel[];
    }
  /** Evaluates the models that such tasks saved. */
  | { readonly kind: "evaluate"; readonly form: string; readonly models: readonly SavedModel[] };

export type Answer = Examination | readonly ModelError[];

/** The worst of a contract's cases. */
export interface ContractResult {
  readonly contract: string;
  readonly cases: number;
  /** `max |a - b| / max |b|` against float64; null where infinite. */
  readonly forward: number | null;
  /** The same of directional derivatives. */
  readonly gradient: number | null;
  readonly leaks: number;
  /** Cases that deviate too far, leak or throw, and how. */
  readonly failures: readonly string[];
}

export interface ModelError {
  readonly model: SmallModel;
  readonly trainedOn: string;
  /** `|x - x_hat| / |x|` on samples that were held out; null where training or evaluation failed. */
  readonly relativeError: number | null;
  readonly failure?: string;
}

/** What an index of concepts says of a model as it starts: the same model on every form. */
export interface IndexNumbers {
  readonly model: SmallModel;
  /** Of the samples, then of each concept: error and costs as shares of the power; counts, energies, places, atoms. */
  readonly numbers: readonly (readonly number[])[];
  readonly failure?: string;
}

export interface Examination {
  readonly detail: string;
  readonly contracts: readonly ContractResult[];
  readonly models: readonly ModelError[];
  readonly indexes: readonly IndexNumbers[];
  readonly saved: readonly SavedModel[];
}

/** A trained model as files hold it. */
export interface SavedModel {
  readonly model: SmallModel;
  readonly trainedOn: string;
  readonly config: ModelConfig;
  /** model.safetensors, in base64. */
  readonly weights: string;
}
