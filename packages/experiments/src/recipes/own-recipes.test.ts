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

test("runs by the preset of the paper have its settings, whatever the defaults are", () => {
  for (const recipe of readRecipes(folder)) {
    const planned = planFigure(recipe, { scale: "quick", seeds: 1, dataOf: placed });
    for (const [key, [run]] of planned) {
      if (recipe.runs[key]?.preset !== "paper" || run === undefined) continue;
      const { dictionary, activation } = run.config.model;
      const { optimizer, extensions } = run.config.training;
      const which = `${recipe.figure}, ${key}`;
      expect(extensions, which).toEqual([{ kind: "locality", weight: 0 }]);
      if (optimizer.kind === "adam") expect(optimizer, which).toMatchObject({ moments: "entry" });
      if (dictionary.kind === "fourier") expect(["random", "global"], which).toContain(dictionary.start);
      if (activation.kind === "map-sparsity")
        expect(activation, which).toMatchObject({ density: 0.04, conceptRule: "topk", domainRule: "topk" });
    }
  }
});
