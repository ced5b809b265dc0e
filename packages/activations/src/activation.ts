import {
  type Component,
  type ComponentConfig,
  defineComponent,
  type OptionsSchema,
  type Parameter,
  type ThresholdKind,
} from "@saeno/backend";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { InferOutput } from "valibot";
import type { Codes } from "./codes.ts";
import type { PreCodes } from "./pre-codes.ts";
import type { MeasuredOptions } from "./scale.ts";

/** An activation's kind and options, as a config file holds them. */
export type ActivationConfig = ComponentConfig;

export interface ApplyOptions {
  /** Whether this is a training step: then budgets of a batch apply, and running thresholds are updated. Default false. */
  readonly training?: boolean;
}

/** After relu: all codes, the `k` largest of a sample, or those above thresholds, `[K]` or one for all (a tensor that stays the activation's). */
export type ScalarRule =
  | { readonly kept: "positive" }
  | { readonly kept: "largest"; readonly k: number }
  | { readonly kept: "above"; readonly thresholds: Tensor };

/** Turns pre-codes into codes. Stateless ones are plain objects; see `relu` for the smallest. */
export interface Activation {
  readonly kind: string;
  /** Called inside a `tidy`; differentiable where kept. */
  apply(preCodes: PreCodes, options?: ApplyOptions): Codes;
  /**
   * Whether concepts compete, so that one that ranks too low in every sample gets no gradient and is dead. Training then lets dead concepts learn from what
   * the others leave (AuxK), unless told otherwise. Default false.
   */
  readonly competitive?: boolean;
  /** Whether it chooses concepts by `energies` or `largest` of the pre-codes, so that `balanced` can act on the choice. Default false. */
  readonly ranks?: boolean;
  /** What a config file needs to make it. */
  toConfig(): ActivationConfig;
  /** Learned thresholds and statistics; absent if there are none. */
  parameters?(): readonly Parameter[];
  /**
   * The active codes of a sample, on average, entries of maps counted as shares of the grid; with a gradient to learned thresholds
   * (specification: Training, `l0`). Absent if nothing is learned.
   */
  activeCount?(preCodes: PreCodes): Scalar;
  /** What is kept of scalar codes at inference, in terms that other programs know; absent if these do not cover it. */
  rule?(): ScalarRule;
  /** Set where codes are an elementwise threshold at a fixed number: encoders may then run all their steps at once. */
  readonly fixedThreshold?: { readonly kind: ThresholdKind; readonly threshold: number } | undefined;
  /** Options that have the scale of the data and were not given as numbers; absent if there are none. */
  readonly measured?: MeasuredOptions;
  dispose?(): void;
}

/** The model to be made, for what an activation's options leave open. */
export interface ActivationContext {
  /** `K`. */
  readonly conceptCount: number;
  /** `C` of a sample; default 1. */
  readonly channels?: number;
}

/** An activation as configurations and the command line know it. */
export interface ActivationComponent<Schema extends OptionsSchema = OptionsSchema> extends Component<Schema> {
  readonly type: "activation";
  /** The codes it is for; default `any`. */
  readonly codes?: "scalar" | "maps" | "any";
  /** Options of an encoder that goes with it, used if the encoder has them and they are not given. */
  readonly encoder?: Readonly<Record<string, unknown>>;
  create(options: InferOutput<Schema>, context: ActivationContext): Activation;
  /** What replaces an activation of scalar codes if codes are maps; its other options may be given with it. */
  onMaps?(options: InferOutput<Schema>): ActivationConfig;
}

/** Describes an activation; `register` makes it known by its kind. */
export function defineActivation<const Schema extends OptionsSchema>(
  definition: Omit<ActivationComponent<Schema>, "type">,
): ActivationComponent<Schema> {
  return defineComponent("activation", definition);
}
