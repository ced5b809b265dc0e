import { detach, nanError } from "@saeno/backend";
import { add, any, cast, greater, isNaN as isNaNOf, mul, sub, type Tensor, type Tensor3D } from "@tensorflow/tfjs-core";
import { activeEntries, type Entries } from "./active-entries.ts";
import type { Codes } from "./codes.ts";
import type { PreCodes } from "./pre-codes.ts";

/**
 * Codes of an elementwise activation that is zero at most entries. `strength` says which entries it needs (positive there, no gradient); `values` computes
 * them, differentiably, either of all pre-codes `[B, ...N, K]` or of those at some entries `[B, k, s]` only. Codes are sparse if few entries are needed,
 * dense otherwise.
 *
 * @throws SaenoError `data.nan` when a pre-code is NaN.
 */
export function applyThreshold(
  preCodes: PreCodes,
  strength: (u: Tensor) => Tensor,
  values: (u: Tensor, entries?: Entries) => Tensor,
): Codes {
  const all = preCodes.dense();
  if (all.size > 0 && any(isNaNOf(detach(all))).dataSync()[0]) throw nanError();
  const entries = activeEntries(strength(detach(all)));
  if (entries === undefined) return { kind: "dense", values: values(all) };
  const { grid, conceptCount } = preCodes;
  const kept = values(preCodes.at(entries.concepts, entries.positions), entries) as Tensor3D;
  return { kind: "sparse", ...entries, values: kept, grid, conceptCount };
}

/** 1 where a > b, else 0, without a gradient. */
export function above(a: Tensor, b: Tensor | number): Tensor {
  return cast(greater(detach(a), typeof b === "number" ? b : detach(b)), "float32");
}

/** `value` with the gradient `slope` to x instead of its own (straight through): x broadcasts against both. */
export function withSlope(value: Tensor, x: Tensor, slope: Tensor): Tensor {
  return add(value, mul(sub(x, detach(x)), detach(slope)));
}
