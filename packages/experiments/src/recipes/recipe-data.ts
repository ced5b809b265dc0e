import type { Recipe } from "./recipe.ts";

/** Data of other people that recipes name. */
export interface FoundData {
  /** The data that a name in a recipe stands for; generated data stands for itself. */
  place(name: string): string;
  /** What a recipe needs that is nowhere, and where to put it; `undefined` where all is there. */
  missing(recipe: Recipe): string | undefined;
}
