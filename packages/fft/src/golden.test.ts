import { readdirSync, readFileSync } from "node:fs";
import { cpuBackend, useBackend } from "@saeno/backend";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { analyze } from "./analyze.ts";
import { spectralEnergy } from "./spectral-energy.ts";
import { synthesize } from "./synthesize.ts";

interface GoldenArray {
  readonly shape: number[];
  readonly data: number[];
}

interface GoldenFile {
  readonly attributes: Readonly<Record<"grid" | "modes" | "finer", number[]>>;
  readonly inputs: Readonly<Record<"x", GoldenArray>>;
  readonly outputs: Readonly<Record<"re" | "im" | "low_pass" | "on_finer" | "energy", GoldenArray>>;
}

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const folder = new URL("./__fixtures__/", import.meta.url);

for (const name of readdirSync(folder)) {
  test(`agrees with an independent float64 implementation: ${name}`, () => {
    const { attributes, inputs, outputs }: GoldenFile = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    const spectrum = analyze(tensor(inputs.x.data, inputs.x.shape), { modes: attributes.modes });
    expectClose(spectrum.re, outputs.re);
    expectClose(spectrum.im, outputs.im);
    expectClose(synthesize(spectrum, { grid: attributes.grid }), outputs.low_pass);
    expectClose(synthesize(spectrum, { grid: attributes.finer }), outputs.on_finer);
    expectClose(spectralEnergy(spectrum), outputs.energy);
  });
}

function expectClose(actual: Tensor, expected: GoldenArray): void {
  expect(actual.shape).toEqual(expected.shape);
  const scale = Math.max(1e-30, ...expected.data.map(Math.abs));
  actual.dataSync().forEach((value, i) => {
    expect(Math.abs(value - expected.data[i]) / scale).toBeLessThan(1e-5);
  });
}
