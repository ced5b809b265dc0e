import type { Recipe } from "./recipe.ts";

/** Data of other people that recipes name. */
export interface FoundData {
  /** The data that a name in a recipe stands for; generated data stands for itself. */
  place(name: string): string;
  /** The data that a recipe lacks and where to put it; `undefined` if nothing is missing. */
  missing(recipe: Recipe): string | undefined;
}
