import { add, reshape, type Tensor, transpose } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { sizeOf } from "../spectrum.ts";
import { convCorrelate } from "./convolution.ts";
import { mapEnergies } from "./map-energies.ts";
import type { Padding } from "./patches.ts";
import type { EnergyKind } from "./spectral-energies.ts";

export interface ConvEnergiesAttributes {
  readonly padding: Padding;
  readonly kind: EnergyKind;
  /** For `kept`: how many of the largest points count. Default: all. */
  readonly count?: number;
}

/**
 * The energy of every map of a conv encoder (specification: Activations): x `[B, ...N, C]`, kernels `[K, ...s, C]`, bias `[K]` to energies `[B, K]`, what
 * {@link mapEnergies} gives for the map `E_k* x + b_k`. Selection only: no gradient.
 * Cost: at most 2 B |N| K |s| C operations; a kernel need not store the maps.
 *
 * @throws SaenoError `data.nan` for `kept` when a map holds NaN.
 */
export const convEnergies: Contract<"x" | "kernels" | "bias", "energies", ConvEnergiesAttributes> = defineContract({
  name: "SaenoConvEnergies",
  inputs: ["x", "kernels", "bias"],
  outputs: ["energies"],
  composite({ x, kernels, bias }, { padding, kind, count }) {
    const batch = x.shape[0];
    const concepts = kernels.shape[0];
    const points = sizeOf(x.shape.slice(1, -1));
    const maps: Tensor = add(convCorrelate({ x, kernels }, { padding }).a, bias);
    const rows = reshape(transpose(reshape(maps, [batch, points, concepts]), [0, 2, 1]), [batch * concepts, points]);
    const { energies } = mapEnergies({ maps: rows }, count === undefined ? { kind } : { kind, count });
    return { energies: reshape(energies, [batch, concepts]) };
  },
});
