import { createRandom } from "@saeno/backend";
import { expect, test } from "vitest";
import { keptSamples } from "./kept-samples.ts";

const size = 3000;
const energies = createRandom(4).normals(size).map(Math.abs);

function kept(concept: number, order: readonly number[], seed = 0) {
  const samples = keptSamples(concept, { top: 5, seed });
  for (const sample of order) {
    const energy = energies[sample];
    samples.add(sample, energy, () => ({ sample, energy, cost: 0 }));
  }
  return samples;
}

const rising = Array.from({ length: size }, (_, i) => i);

test("of many samples those of most energy, and others at even quantiles, whatever the order", () => {
  const sorted = [...rising].sort((a, b) => energies[b] - energies[a]);
  const [forward, backward] = [kept(3, rising), kept(3, rising.toReversed())];
  expect(forward.top().map(({ sample }) => sample)).toEqual(sorted.slice(0, 5));
  expect(backward.top()).toEqual(forward.top());
  expect(backward.drawn(8)).toEqual(forward.drawn(8));
  // Ranks of a uniform sample of 64: a standard deviation of 1/16 at the middle. Over many concepts the mean is where it should be.
  const concepts = 200;
  const sums = new Float64Array(8);
  for (let concept = 0; concept < concepts; concept++) {
    for (const [i, { sample }] of kept(concept, rising).drawn(8).entries())
      sums[i] += (size - 1 - sorted.indexOf(sample)) / size / concepts;
  }
  for (const [i, mean] of sums.entries()) expect(Math.abs(mean - (i + 0.5) / 8)).toBeLessThan(0.02);
});

test("what is drawn depends on the concept and the seed", () => {
  const drawn = (concept: number, seed: number) =>
    kept(concept, rising, seed)
      .drawn(8)
      .map(({ sample }) => sample);
  expect(drawn(0, 0)).toEqual(drawn(0, 0));
  expect(drawn(1, 0)).not.toEqual(drawn(0, 0));
  expect(drawn(0, 1)).not.toEqual(drawn(0, 0));
});
