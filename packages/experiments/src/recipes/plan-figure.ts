import { messageOf, SaenoError } from "@saeno/backend";
import { modelKind, type RunConfig, resolveRunConfig } from "../configuration/run-config.ts";
import type { PlannedRun } from "../executor/executor.ts";
import type { Recipe, Scale } from "./recipe.ts";

/** Data of other people that recipes name. */
export interface FoundData {
  /** The data that a name in a recipe stands for; generated data stands for itself. */
  place(name: string): string;
  /** The data that a recipe lacks and where to put it; `undefined` if nothing is missing. */
  missing(recipe: Recipe): string | undefined;
}

/** The runs of a figure by their key in the recipe, one for each seed. */
export type PlannedFigure = ReadonlyMap<string, readonly PlannedRun[]>;

/**
 * The runs that a recipe asks for. A run with the same settings and measures is the same run in every figure.
 *
 * @param dataOf the data that a recipe's name of it stands for.
 * @throws SaenoError `recipe.run` naming the run whose settings are refused.
 */
export function planFigure(
  { figure, base, presets, scales, measures, runs }: Recipe,
  options: { readonly scale: Scale; readonly seeds: number; readonly dataOf: (name: string) => string },
): PlannedFigure {
  const { scale, seeds, dataOf } = options;
  const planned = Object.entries(runs).map(([key, run]): [string, PlannedRun[]] => {
    const preset = run.preset === undefined ? {} : presets[run.preset];
    const below = withData({ ...base, ...preset, ...scales[scale] }, dataOf);
    const own = withData({ ...run.settings, ...run.scales[scale] }, dataOf);
    const all = Array.from({ length: seeds }, (_, seed) => {
      const config = resolve(figure, key, () =>
        resolveRunConfig(
          { ...own, seed, measures: measuresOf({ ...measures, ...run.measures }, own.model ?? below.model) },
          below,
        ),
      );
      return { name: runName(config), config };
    });
    return [key, all];
  });
  return new Map(planned);
}

/** What tells runs apart at first sight: `fno-mnist,concepts=64,modes=14,start=global,active=8,seed=0`. The hash of the folder says the rest. */
function runName(config: RunConfig): string {
  const { dictionary, activation, encoder } = config.model;
  const { kind: _, channels: __, inputs: ___, ...form } = dictionary;
  const sparsity = Object.entries(activation).filter(([, value]) => typeof value === "number");
  const told = [...Object.entries(form), ...sparsity].map(([name, value]) => {
    const sizes = [value].flat();
    return `${name}=${sizes.every((size) => size === sizes[0]) ? sizes[0] : sizes.join("x")}`;
  });
  const encoded = encoder.kind === "shallow" ? [] : [encoder.kind];
  return [`${modelKind(config)}-${config.data.kind}`, ...encoded, ...told, `seed=${config.seed}`].join(",");
}

function withData(given: Readonly<Record<string, unknown>>, dataOf: (name: string) => string): Record<string, unknown> {
  const { data, testData } = given;
  return {
    ...given,
    ...(typeof data === "string" ? { data: dataOf(data) } : {}),
    ...(Array.isArray(testData) ? { testData: testData.map((name) => dataOf(String(name))) } : {}),
  };
}

function resolve(figure: string, key: string, config: () => PlannedRun["config"]): PlannedRun["config"] {
  try {
    return config();
  } catch (cause) {
    const problem = messageOf(cause);
    throw new SaenoError("recipe.run", `The recipe of figure ${figure}, run "${key}": ${problem}`, {
      kind: "data",
      cause,
    });
  }
}

/** A model of vectors has no other grids. */
function measuresOf(measures: Recipe["measures"], model: unknown): Recipe["measures"] {
  const { grids: _, interpolated: __, ...others } = measures;
  return model === "mlp" ? others : measures;
}
