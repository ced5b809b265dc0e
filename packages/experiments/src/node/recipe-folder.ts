import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, parseJson, SaenoError } from "@saeno/backend";
import { parseRecipe, type Recipe } from "../recipes/recipe.ts";

/** The folder of the recipes that come with this package, seen from its built file. */
export const ownRecipes: string = fileURLToPath(new URL("../recipes", import.meta.url));

/**
 * The recipes of a folder, `FIGURE/recipe.json` each, in the order of their figures.
 *
 * @throws SaenoError `recipe.folder`, `recipe.file` naming the file and what is wrong with it.
 */
export function readRecipes(folder: string = ownRecipes): Recipe[] {
  const names = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  const files = names.map((name) => join(folder, name, "recipe.json")).filter((file) => existsSync(file));
  if (files.length === 0) {
    throw new SaenoError("recipe.folder", `${folder} holds no recipes: a folder with a recipe.json for each figure.`);
  }
  return files.map(readRecipe).sort((a, b) => a.figure.localeCompare(b.figure, "en", { numeric: true }));
}

function readRecipe(file: string): Recipe {
  let content: Uint8Array;
  try {
    content = readFileSync(file);
  } catch (cause) {
    throw new SaenoError("recipe.file", `${file} cannot be read: ${messageOf(cause)}.`, { kind: "data", cause });
  }
  return parseRecipe(parseJson(content, file), file);
}
