import { fileURLToPath } from "node:url";
import { register } from "@saeno/backend";
import { nodeDatasetComponents } from "@saeno/datasets/node";
import { beforeAll, expect, test } from "vitest";
import { readRecipes } from "../node/recipe-folder.ts";
import { planFigure } from "./plan-figure.ts";
import { scaleNames } from "./recipe.ts";

beforeAll(() => register(...nodeDatasetComponents));

/** Data that is somewhere, as `findData` would find it. */
function placed(name: string): string {
  const [kind = ""] = name.split(":");
  const places: Readonly<Record<string, string>> = {
    mnist: "mnist:digits",
    photographs: "images:bsds",
    darcy: "npy:darcy.npy",
  };
  return places[kind] ?? name;
}

const folder = fileURLToPath(new URL("../../recipes", import.meta.url));

test.each(scaleNames)(
  "all runs of the recipes that come with the package are configurations, at the scale %s",
  (scale) => {
    for (const recipe of readRecipes(folder)) {
      const planned = planFigure(recipe, { scale, seeds: 1, dataOf: placed });
      expect([...planned.keys()]).toEqual(Object.keys(recipe.runs));
    }
  },
);
