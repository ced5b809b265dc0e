import type { Codes } from "@saeno/activations";
import type { Grid } from "@saeno/backend";
import type { Lifting } from "@saeno/lifting";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Dictionary } from "./dictionary.ts";

/** A dictionary seen through a lifting, and what it is made of. */
export interface LiftedDictionary extends Dictionary {
  readonly lifting: Lifting;
  /** `D_l`, the dictionary in the lifted space. */
  readonly lifted: Dictionary;
}

/**
 * A dictionary `D_l` of the lifted space as a dictionary of the data (specification: Lifting): synthesis `P D_l z`, correlation `D_l* L x`, which is the
 * adjoint where `P = L^T`. Its atoms are those of the **effective dictionary** `P D_l`; what is trained, and held at unit norm, are the atoms of `D_l`.
 * Whatever works with dictionaries works with this one, so a lifted model is a model with a lifted dictionary.
 *
 * A shallow encoder's matrix is `E L`, E in the lifted space. An unrolled encoder takes its residual in the lifted space or in that of
 * the data, by an option of its own. The lifting belongs to the dictionary, which disposes of it.
 */
export function liftedDictionary(lifted: Dictionary, lifting: Lifting): LiftedDictionary {
  return view(lifted, lifting, () => {
    lifted.dispose();
    lifting.dispose();
  });
}

function view(lifted: Dictionary, lifting: Lifting, dispose: () => void): LiftedDictionary {
  const { lift, project } = lifting;
  return {
    kind: lifted.kind,
    label: `L-${lifted.label}`,
    domain: lifted.domain,
    codes: lifted.codes,
    ...(lifted.codesByPoint === undefined ? {} : { codesByPoint: lifted.codesByPoint }),
    ...(lifted.movesWithMaps === undefined ? {} : { movesWithMaps: lifted.movesWithMaps }),
    lifting,
    lifted,
    conceptCount: lifted.conceptCount,
    channels: lifting.channels,
    parameters: lifted.parameters,
    sharedParameters: lifting.parameters(),
    ...(lifted.bandLimit === undefined ? {} : { bandLimit: lifted.bandLimit }),
    synthesize: (codes: Codes, grid?: Grid) => tidy(() => project(lifted.synthesize(codes, grid))),
    correlate: (x: Tensor) => tidy(() => lifted.correlate(lift(x))),
    preCodes: (x, bias) => lifted.preCodes(lift(x), bias),
    atoms: (options) => tidy(() => project(lifted.atoms(options))),
    squaredNorms: () => lifted.squaredNorms(),
    ...(lifted.locality === undefined ? {} : { locality: lifted.locality }),
    normalize: () => lifted.normalize(),
    scale: (factor) => lifted.scale(factor),
    assign: (functions, options) => tidy(() => lifted.assign(lift(functions), options)),
    checkGrid: (grid, options) => lifted.checkGrid(grid, options),
    // The copy's lifting stays this one's.
    copy: () => {
      const copied = lifted.copy();
      return view(copied, lifting, () => copied.dispose());
    },
    toConfig: () => lifted.toConfig(),
    dispose,
  };
}

export function isLifted(dictionary: Dictionary): dictionary is LiftedDictionary {
  return "lifted" in dictionary && "lifting" in dictionary;
}
