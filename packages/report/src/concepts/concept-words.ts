import type { Site } from "@saeno/inspect";
import { formatNumber, formatShare } from "../page/numbers.ts";

/** Less concentrated than this on every axis, energy has no middle. */
const concentrated = 0.1;

/** Where the energy of a concept is on the domain, in words. */
export function siteText({ center, concentration, extent }: Site): string {
  const isAny = (axis: number) => !(concentration[axis] >= concentrated);
  if (center.every((_, axis) => isAny(axis))) return "everywhere on the domain";
  const axes = center.flatMap((place, axis) => (isAny(axis) ? [] : [{ axis, place: formatNumber(place, 2) }]));
  const middle =
    axes.length === center.length
      ? `around ${axes.map(({ place }) => place).join(", ")}`
      : `around ${axes.map(({ axis, place }) => `${place} on axis ${axis + 1}`).join(" and ")}, anywhere along the rest`;
  return `${middle} of the domain (90% on ${formatShare(extent)} of it)`;
}
