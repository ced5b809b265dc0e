import type { ActivationConfig } from "@saeno/activations";
import { type Component, defineComponent, type OptionsSchema, parseOptions, SaenoError } from "@saeno/backend";
import type { Loss, SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";
import type { ConceptUsage } from "./concept-usage.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import type { TrainingState } from "./training-state.ts";

/** A running training, as extensions see it. */
export interface Training {
  readonly model: SparseAutoencoder;
  readonly dataset: Dataset;
  readonly optimizer: Optimizer;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Which concepts were active in the last batch, and which have not been for long: counted once per step, for all extensions. */
  readonly usage: ConceptUsage;
  /** Tells people what looks wrong and what to do about it; training goes on. */
  warn(warning: string): void;
}

/** One of its steps. */
export interface TrainingStep extends Training {
  /** 1 for the first. */
  readonly step: number;
  /** The batch, `[B, ...N, C]`. */
  readonly x: Tensor;
  /** What the schedule multiplies the learning rate by, in (0, 1]. */
  readonly factor: number;
}

/**
 * Something that is done around the steps of a training: a term of the loss, a remedy for dead concepts, a measurement. The loop calls extensions in the
 * order in which they were given, and knows none of them.
 */
export interface Extension {
  readonly name: string;
  /**
   * Before the first step; starts over if it was used before.
   *
   * @throws SaenoError `training.options` when it cannot work with this model or these options, or would do nothing.
   */
  prepare?(training: Training): void | Promise<void>;
  /** Terms to add to the loss of a step. */
  penalties?(step: TrainingStep): readonly Loss[];
  /** What to do if these terms change nothing: shown in a warning if their gradient reached too little in the first hundred steps. */
  readonly remedy?: string;
  /** The share of the entries of some parameter that the gradient must reach; default any. */
  readonly reach?: number;
  /**
   * After a step: concepts that should come back into use. Their encoder biases move a tenth of the way to the mean of the others
   * (specification: Training, recall).
   */
  recalls?(step: TrainingStep): readonly number[];
  afterStep?(step: TrainingStep): void | Promise<void>;
  /** Numbers for the record of the step, by name. */
  record?(step: TrainingStep): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** What it has to remember so that the run can be continued. */
  state?(): TrainingState | Promise<TrainingState>;
  /** Restores a state, after `prepare`. */
  restore?(state: TrainingState): void;
  /** For whoever made it. */
  dispose?(): void;
}

export interface ExtensionComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "extension";
  create(options: InferOutput<Schema>): Extension;
  /** Whether these options switch it off, as a weight of 0 does. */
  isOff?(options: InferOutput<Schema>): boolean;
  /** Whether a model is trained with it unless told otherwise. */
  isUsual?(model: SparseAutoencoder): boolean;
  /** The activation that a model needs for it, made from the one it would have. */
  activation?(activation: ActivationConfig): ActivationConfig;
}

/** Describes an extension, so that a configuration can name it; `register` makes it known. */
export function defineExtension<Schema extends OptionsSchema>(
  definition: Omit<ExtensionComponent<Schema>, "type">,
): ExtensionComponent<Schema> {
  return defineComponent("extension", definition);
}

/**
 * The extension that options make.
 *
 * @throws SaenoError `config.value` for options out of range, `training.options` for those that switch it off.
 */
export function createExtension<Schema extends OptionsSchema>(
  component: ExtensionComponent<Schema>,
  given: Readonly<Record<string, unknown>>,
): Extension {
  const options = parseOptions(component, given, "extension");
  if (component.isOff?.(options)) {
    throw new SaenoError(
      "training.options",
      `extension "${component.kind}" does nothing with ${JSON.stringify(given)}: leave it out.`,
    );
  }
  return component.create(options);
}
