import { hasRange, type Spread } from "./spread.ts";

/** How to read numbers with ranges: `mean (lowest to highest) over 3 seeds`. Nothing where none has a range. */
export function seedsNote(spreads: readonly (Spread | undefined)[]): string {
  const counts = spreads
    .filter((spread) => spread !== undefined && hasRange(spread))
    .map((spread) => spread?.count ?? 0);
  if (counts.length === 0) return "";
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return `mean (lowest to highest) over ${fewest === most ? most : `${fewest} to ${most}`} seeds`;
}
