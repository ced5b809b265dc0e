import { createRandom } from "@saeno/backend";
import { expect, test } from "vitest";
import { quantileShares } from "./concept-index.ts";
import { energyCounts } from "./energy-histogram.ts";

test("quantiles of many energies are good to 0.55 %, the ends exact, in any order", () => {
  const energies = createRandom(2)
    .normals(5000)
    .map((normal) => Math.exp(1.2 * normal));
  const sorted = energies.slice().sort();
  for (const order of [energies, sorted, sorted.slice().reverse()]) {
    const counts = energyCounts();
    for (const energy of order) counts.add(energy);
    const found = counts.quantiles();
    for (const [i, share] of quantileShares.entries()) {
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1];
      expect(Math.abs(Math.log(found[i] / exact))).toBeLessThan(share === 0 || share === 1 ? 1e-9 : 0.0055);
    }
    expect(counts.shareUpTo(sorted[2500])).toBeCloseTo(0.5, 2);
    const { edges, counts: shown } = counts.histogram();
    expect(shown).toEqual(edges.slice(1).map((end, i) => sorted.filter((e) => e >= edges[i] && e < end).length));
  }
});

test("energies of any size are counted; those far below the others in the lowest bin that is shown", () => {
  const counts = energyCounts();
  for (const energy of [2 ** -149, 2 ** -149, 1, 3e38]) counts.add(energy);
  const [smallest, , , , , , largest] = counts.quantiles();
  expect([smallest, largest]).toEqual([2 ** -149, 3e38]);
  const { edges, counts: shown } = counts.histogram();
  expect([shown.length, shown[0], shown.at(-1)]).toEqual([48, 3, 1]);
  expect(edges.at(-1)).toBe(2 ** 128);
  expect(energyCounts().quantiles().every(Number.isNaN)).toBe(true);
});
