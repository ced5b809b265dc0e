import { div, mean, relu, square, sum } from "@tensorflow/tfjs-core";
import { type Contract, defineContract } from "../contract.ts";
import { gatherRows } from "./rows.ts";
import type { EnergyKind } from "./spectral-energies.ts";
import { topKRows } from "./top-k-rows.ts";

/**
 * The energy of each map given on a grid (specification: Activations): maps `[R, n]` to energies `[R]`, a mean over the grid.
 * `kept` counts only the `count` largest rectified points (all of them, if there are fewer). Selection only: no gradient.
 */
export const mapEnergies: Contract<"maps", "energies", { readonly kind: EnergyKind; readonly count?: number }> =
  defineContract({
    name: "SaenoMapEnergies",
    inputs: ["maps"],
    outputs: ["energies"],
    composite({ maps }, { kind, count }) {
      const points = maps.shape[1] as number;
      switch (kind) {
        case "preactivation":
          return { energies: mean(square(maps), 1) };
        case "rectified":
          return { energies: mean(square(relu(maps)), 1) };
        case "kept": {
          const { indices } = topKRows({ x: maps }, { k: Math.min(count ?? points, points) });
          const { values } = gatherRows({ x: relu(maps), indices }, {});
          return { energies: div(sum(square(values), 1), points) };
        }
        default:
          throw kind satisfies never;
      }
    },
  });
