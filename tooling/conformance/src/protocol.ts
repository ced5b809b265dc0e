/** What one process does on one form of a backend. */
export type Task =
  /** Runs all contracts, trains every small model and saves it in the folder. */
  | { readonly kind: "examine"; readonly form: string; readonly folder: string }
  /** Evaluates the models that such processes saved. */
  | {
      readonly kind: "evaluate";
      readonly form: string;
      readonly folder: string;
      readonly trainedOn: readonly string[];
    };

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
  readonly model: string;
  readonly trainedOn: string;
  /** `|x - x_hat| / |x|` on samples that were held out; null where training or evaluation failed. */
  readonly relativeError: number | null;
  readonly failure?: string;
}

export interface Examination {
  readonly detail: string;
  readonly contracts: readonly ContractResult[];
  readonly models: readonly ModelError[];
}

/** Where a model trained on a form is kept, without the ending. */
export function modelFile(folder: string, form: string, model: string): string {
  return `${folder}/${`${form} ${model}`.replace(/\W+/g, "-")}`;
}
