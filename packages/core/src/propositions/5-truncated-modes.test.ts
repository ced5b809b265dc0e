/** specification: Propositions 5: with truncated modes, the spatial update of SAE-FNO is the band-limited projection of SAE-CNN's. */
import { sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, test } from "vitest";
import {
  allSteps,
  dictionaryOf,
  expectDifferent,
  expectEqual,
  forward,
  gradientsOf,
  inFloat32,
  inFloat64,
  sample,
} from "./__fixtures__/public-api.ts";
import {
  encode,
  fourier,
  functionsOf,
  gaussian,
  gradient,
  scaled,
  thetaOf,
  uncutGradient,
} from "./__fixtures__/reference.ts";

beforeAll(() => useBackend(wasmBackend));

describe.each(allSteps)("9.5 T = $iterations: the update of truncated spectra is band-limited", (steps) => {
  const grid = [5, 5];
  const fno = fourier(2, grid, [2, 2]);
  const x = gaussian(sizeOf(grid) * 2, 1);
  const theta = gaussian(sizeOf(fno.shape), 2, 1.4);
  const bandLimited = (functions: readonly number[]) => functionsOf(thetaOf(functions, fno), fno);
  /** SAE-CNN's, of kernels as large as the grid, divided by |N| (9.3): both have the same outputs, and so the same residual. */
  const spatialUpdate = (z: readonly number[]) => scaled(uncutGradient(fno, theta, z, x), 1 / sizeOf(grid));

  test("float64", () => {
    const z = encode(fno, theta, x, steps);
    const update = functionsOf(gradient(fno, theta, z, x), fno);
    const spatial = spatialUpdate(z);
    expectEqual(update, bandLimited(spatial), inFloat64);
    // The projection takes something away.
    expectDifferent(update, spatial);
  });

  test("float32", () => {
    const dictionary = dictionaryOf(fno, theta);
    const { z } = forward(dictionary, sample(x, fno), steps);
    const { parameter } = gradientsOf(dictionary, tensor(z, [1, ...grid, fno.concepts]), sample(x, fno));
    const update = functionsOf(Array.from(parameter), fno);
    const spatial = spatialUpdate(Array.from(z));
    expectEqual(update, bandLimited(spatial), inFloat32);
    expectDifferent(update, spatial);
  });
});
