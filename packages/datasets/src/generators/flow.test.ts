import { sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { flow, flowDataset, simulateFlow } from "../index.ts";
import { advance, type FlowState } from "./flow-simulation.ts";

beforeAll(async () => {
  await useBackend(wasmBackend);
});

const columns = 16;
const entry = (w1: number, w2: number) => (w1 + 15) * columns + w2;
const empty = (): FlowState => ({ re: new Float32Array(31 * columns), im: new Float32Array(31 * columns) });

/** Sums over all frequencies of |w^|^2 / |k|^2 (twice the energy) and |w^|^2 (twice the enstrophy). */
function invariants(state: FlowState): { energy: number; enstrophy: number } {
  let [energy, enstrophy] = [0, 0];
  state.re.forEach((re, i) => {
    const [w1, w2] = [Math.floor(i / columns) - 15, i % columns];
    const power = (w2 === 0 ? 1 : 2) * (re ** 2 + state.im[i] ** 2);
    enstrophy += power;
    if (w1 !== 0 || w2 !== 0) energy += power / ((2 * Math.PI) ** 2 * (w1 ** 2 + w2 ** 2));
  });
  return { energy, enstrophy };
}

test("without viscosity energy and enstrophy are conserved while the flow changes", () => {
  let state = empty();
  for (const [w1, w2, re, im] of [
    [1, 2, 1, 0.5],
    [-2, 1, -0.7, 1],
    [3, 1, 0.4, -0.6],
  ] as const) {
    state.re[entry(w1, w2)] = re;
    state.im[entry(w1, w2)] = im;
  }
  const [start, before] = [state, invariants(state)];
  for (let step = 0; step < 50; step++) state = advance(state, 0.02, 0);
  const after = invariants(state);
  expect(Math.abs(after.energy / before.energy - 1)).toBeLessThan(1e-4);
  expect(Math.abs(after.enstrophy / before.enstrophy - 1)).toBeLessThan(1e-4);
  expect(Math.max(...state.re.map((value, i) => Math.abs(value - start.re[i])))).toBeGreaterThan(0.05);
});

test("a single shear wave, which does not move itself, decays as exp(-nu |k|^2 t)", () => {
  let state = empty();
  state.re[entry(2, 3)] = 1;
  const viscosity = 1e-3;
  for (let step = 0; step < 20; step++) state = advance(state, 0.05, viscosity);
  expect(state.re[entry(2, 3)]).toBeCloseTo(Math.exp(-viscosity * (2 * Math.PI) ** 2 * 13), 5);
});

test("the same seed gives the same flow of unit variance, whatever grid it is shown on", async () => {
  const before = memory().numTensors;
  const options = { samples: 6, snapshots: 3, seed: 4 };
  const [coarse, fine] = [await flow({ ...options, grid: [32, 31] }), await flow({ ...options, grid: [64, 62] })];
  const [a, b] = [await coarse.read([0, 4]), await fine.read([0, 4])];
  for (let i = 0; i < 32; i++) for (let j = 0; j < 31; j++) expect(a[i * 31 + j]).toBeCloseTo(b[2 * i * 62 + 2 * j], 4);
  const all = await coarse.read([0, 1, 2, 3, 4, 5]);
  expect(all.reduce((sum, value) => sum + value ** 2, 0) / all.length).toBeCloseTo(1, 4);
  expect(memory().numTensors).toBe(before);
  expect(all.length).toBe(6 * sizeOf(coarse.grid));
});

test("a grid too coarse for the flow, and counts that are none, are refused", async () => {
  const spectra = { re: new Float32Array(496), im: new Float32Array(496), samples: 1 };
  expect(() => flowDataset(spectra, [16, 32])).toThrow(/at least 31 points there; got 16 x 32/);
  await expect(flow({ samples: 1000, grid: [32, 16] })).rejects.toThrow(/got 32 x 16/);
  await expect(simulateFlow({ samples: 0 })).rejects.toThrow(/samples must be a whole number of at least 1; got 0/);
});
