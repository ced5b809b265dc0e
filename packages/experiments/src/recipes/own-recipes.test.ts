import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readRecipes } from "../node/recipe-folder.ts";
import { planFigure } from "./plan-figure.ts";
import { scaleNames } from "./recipe.ts";

const folder = fileURLToPath(new URL("../../recipes", import.meta.url));

test.each(scaleNames)(
  "all runs of the recipes that come with the package are configurations, at the scale %s",
  (scale) => {
    for (const recipe of readRecipes(folder)) {
      const planned = planFigure(recipe, { scale, seeds: 1, dataOf: (name) => name });
      expect([...planned.keys()]).toEqual(Object.keys(recipe.runs));
    }
  },
);
