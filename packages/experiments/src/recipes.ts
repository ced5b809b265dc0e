export { type FoundData, type PlannedFigure, planFigure } from "./recipes/plan-figure.ts";
export { parseRecipe, type Recipe, type Scale, scaleNames } from "./recipes/recipe.ts";
export {
  type FigureRecord,
  type ReproduceOptions,
  type Reproduction,
  reproduceFigures,
} from "./recipes/reproduce-figures.ts";
export type * from "./recipes/reproduction-data.ts";
export { senses } from "./recipes/reproduction-data.ts";
