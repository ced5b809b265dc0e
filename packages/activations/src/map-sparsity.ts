import { type EnergyKind, type Grid, SaenoError, sizeOf, topKRows } from "@saeno/backend";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import type { Activation } from "./activation.ts";
import { checkCount } from "./check-count.ts";

/** Where within a map (SPEC 5): a share of the domain, the same set in the limit of any resolution; or a count of points. */
export type DomainSparsity = { readonly density: number } | { readonly count: number };

export interface MapSparsityOptions {
  /** `k_c`: maps kept of each sample. */
  readonly concepts: number;
  /** Points kept of each kept map. Default: all positive ones. */
  readonly domain?: DomainSparsity;
  /** What makes a map worth keeping. Default `rectified`, the energy of what it contributes. */
  readonly energy?: EnergyKind;
  /** Where energies are evaluated; default 1, as many points as modes on each axis. */
  readonly energyGrid?: number | "data";
}

/**
 * The two sparsities of feature maps (SPEC 5): concept sparsity keeps the `k_c` maps of largest energy of each sample,
 * then domain sparsity keeps, after relu, the largest points of each kept map: `ceil(p |N|)` for a density `p`.
 * Ties are broken by the lower index. The gradient passes through what was kept and is zero elsewhere.
 * Codes are sparse: concepts `[B, k_c]`, positions and values `[B, k_c, s]`.
 *
 * @throws SaenoError `activation.concepts` when `k_c` is no count or larger than the number of concepts,
 *   `activation.density`, `activation.count`, `activation.energyGrid` for values out of range, `data.nan` for NaN.
 */
export function mapSparsity(options: MapSparsityOptions): Activation {
  const { concepts, domain = { density: 1 }, energy = "rectified", energyGrid = 1 } = options;
  checkCount("concepts", concepts);
  checkDomain(domain);
  if (energyGrid !== "data" && !(energyGrid > 0)) {
    throw new SaenoError("activation.energyGrid", `energyGrid is a positive number or "data"; got ${energyGrid}.`);
  }
  return {
    name: "map-sparsity",
    apply(preCodes) {
      const { grid, conceptCount } = preCodes;
      checkCount("concepts", concepts, conceptCount);
      const count = keptPoints(domain, grid);
      const energies = preCodes.energies({ kind: energy, energyGrid, count });
      const chosen = topKRows({ x: energies }, { k: concepts }).indices as Tensor2D;
      return { kind: "sparse", concepts: chosen, ...preCodes.points(chosen, count), grid, conceptCount };
    },
    toConfig: () => ({ name: "map-sparsity", concepts, domain, energy, energyGrid }),
  };
}

/** How many points of a map domain sparsity keeps: `ceil(p |N|)`, or the count, at most all. */
export function keptPoints(domain: DomainSparsity, grid: Grid): number {
  const points = sizeOf(grid);
  if ("count" in domain) return Math.min(domain.count, points);
  // 0.1 * 70 is a little more than 7 in floating point.
  return Math.max(1, Math.ceil(domain.density * points - 1e-9));
}

function checkDomain(domain: DomainSparsity): void {
  if ("count" in domain) {
    checkCount("count", domain.count);
  } else if (!(domain.density > 0 && domain.density <= 1)) {
    throw new SaenoError("activation.density", `density is a share in (0, 1]; got ${domain.density}.`);
  }
}
