import type { Codes } from "./codes.ts";
import type { PreCodes } from "./pre-codes.ts";

/** An activation's name and options, as a config file holds them. */
export interface ActivationConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Turns pre-codes into codes. Stateless ones are plain objects; see `relu` for the smallest. */
export interface Activation {
  readonly name: string;
  /** Called inside a `tidy`; differentiable where kept. */
  apply(preCodes: PreCodes): Codes;
  /** What a config file needs to make it again. */
  toConfig(): ActivationConfig;
}
