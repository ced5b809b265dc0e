import type { ComponentConfig, Parameter, ThresholdKind } from "@saeno/backend";
import type { Scalar } from "@tensorflow/tfjs-core";
import type { Codes } from "./codes.ts";
import type { PreCodes } from "./pre-codes.ts";

/** An activation's kind and options, as a config file holds them. */
export type ActivationConfig = ComponentConfig;

export interface ApplyOptions {
  /** Whether this is a step of training: budgets of a batch count then, and what they keep is learned for later. Default false. */
  readonly training?: boolean;
}

/** Turns pre-codes into codes. Stateless ones are plain objects; see `relu` for the smallest. */
export interface Activation {
  readonly kind: string;
  /** Called inside a `tidy`; differentiable where kept. */
  apply(preCodes: PreCodes, options?: ApplyOptions): Codes;
  /**
   * Whether concepts compete, so that one which ranks too low in every sample has no gradient and is dead. Training then lets dead ones
   * learn from what the others leave (AuxK) unless told otherwise. Default false.
   */
  readonly competitive?: boolean;
  /** What a config file needs to make it again. */
  toConfig(): ActivationConfig;
  /** Learned thresholds and statistics; absent where there are none. */
  parameters?(): readonly Parameter[];
  /**
   * The active codes of a sample, on average, entries of maps counted as shares of the grid; with a gradient to learned thresholds
   * (specification: Training, `l0`). Absent where nothing is learned.
   */
  activeCount?(preCodes: PreCodes): Scalar;
  /** Set where codes are an elementwise threshold at a fixed number: encoders may then run all their steps at once. */
  readonly fixedThreshold?: { readonly kind: ThresholdKind; readonly threshold: number };
  dispose?(): void;
}
