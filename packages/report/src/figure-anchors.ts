import type { ReproducedFigure } from "./reproduction-data.ts";

/** A name for each figure that links can point to, no two alike. */
export function figureAnchors(figures: readonly Pick<ReproducedFigure, "id">[]): string[] {
  const taken = new Set<string>();
  return figures.map(({ id }, i) => {
    const name = `figure-${id.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
    const anchor = taken.has(name) ? `${name}--${i}` : name;
    taken.add(anchor);
    return anchor;
  });
}
