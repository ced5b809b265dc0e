/** specification: Propositions 3 and Propositions 4: SAE-CNN is SAE-FNO where the spectral weights are those of the kernels, on an odd grid with all its modes. */
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
  lift,
  sample,
} from "./__fixtures__/public-api.ts";
import {
  conv,
  cut,
  encode,
  fourier,
  functionsOf,
  gaussian,
  gradient,
  mapAxis,
  orthonormal,
  padded,
  pointwise,
  type Reference,
  scaled,
  thetaOf,
  transposed,
  uncutGradient,
} from "./__fixtures__/reference.ts";

beforeAll(() => useBackend(wasmBackend));

const odd = [5, 5];
const plus = (a: readonly number[], b: readonly number[], factor: number) => a.map((value, i) => value + factor * b[i]);

describe("9.3 SAE-CNN = SAE-FNO with D = |N| analysis(kernel), on an odd grid with all modes", () => {
  const [cnn, fno] = [conv(2), fourier(2)];
  const size = sizeOf(odd);
  const kernels = gaussian(sizeOf(cnn.shape), 1, 0.25);
  const theta = thetaOf(padded(kernels, cnn), fno);
  const x = gaussian(size * 2, 2);

  describe.each(allSteps)("T = $iterations: same codes, same output", (steps) => {
    const z = encode(cnn, kernels, x, steps);

    test("float64", () => {
      expectEqual(encode(fno, theta, x, steps), z, inFloat64);
      expectEqual(fno.synthesize(theta, z), cnn.synthesize(kernels, z), inFloat64);
    });

    test("float32", () => {
      const [a, b] = [dictionaryOf(cnn, kernels), dictionaryOf(fno, theta)].map((d) =>
        forward(d, sample(x, cnn), steps),
      );
      expectEqual(a?.z ?? [], z, inFloat32);
      expectEqual(b?.z ?? [], a?.z ?? [], inFloat32);
      expectEqual(b?.reconstruction ?? [], a?.reconstruction ?? [], inFloat32);
    });

    test("with fewer modes, or on an even grid, whose Nyquist frequency no mode holds: not equal", () => {
      for (const grid of [odd, [6, 6]]) {
        const [even, few] = [conv(2, grid), fourier(2, grid, grid === odd ? [2, 3] : [3, 3])];
        const [input, truncated] = [gaussian(sizeOf(grid) * 2, 3), thetaOf(padded(kernels, even), few)];
        expectDifferent(encode(few, truncated, input, steps), encode(even, kernels, input, steps));
        const [a, b] = [dictionaryOf(even, kernels), dictionaryOf(few, truncated)].map((d) =>
          forward(d, sample(input, even), steps),
        );
        expectDifferent(b?.z ?? [], a?.z ?? []);
      }
    });
  });

  describe.each(allSteps)("T = $iterations: same gradients", (steps) => {
    test("float64: the spectral gradient step, transformed back, is 1/|N| times the kernels' before it is cut", () => {
      const z = encode(cnn, kernels, x, steps);
      const slope = functionsOf(gradient(fno, theta, z, x), fno);
      expectEqual(slope, scaled(uncutGradient(cnn, kernels, z, x), 1 / size), inFloat64);
      expectEqual(cut(slope, cnn), scaled(gradient(cnn, kernels, z, x), 1 / size), inFloat64);
      // Cut or not makes a difference: the spectral step leaves the support.
      expectDifferent(slope, padded(cut(slope, cnn), cnn));
    });

    test("float32: the same", () => {
      const z = encode(cnn, kernels, x, steps);
      const codes = tensor(z, [1, ...odd, cnn.concepts]);
      const slope = gradientsOf(dictionaryOf(fno, theta), codes, sample(x, cnn)).parameter;
      expectEqual(functionsOf(Array.from(slope), fno), scaled(uncutGradient(cnn, kernels, z, x), 1 / size), inFloat32);
      const own = gradientsOf(dictionaryOf(cnn, kernels), codes, sample(x, cnn)).parameter;
      expectEqual(cut(functionsOf(Array.from(slope), fno), cnn), scaled(Array.from(own), 1 / size), inFloat32);
    });

    /** Twenty steps of both, codes anew before each; the spectral step scaled, and what it gives cut to the support. */
    function descend(
      gradients: { cnn: (kernels: number[]) => number[]; fno: (theta: number[]) => number[] },
      { scale = size, project = true }: { scale?: number; project?: boolean } = {},
    ): { kernels: number[]; functions: number[] } {
      let [a, b] = [kernels, theta];
      for (let step = 0; step < 20; step++) {
        const [slopeA, slopeB] = [gradients.cnn(a), gradients.fno(b)];
        a = plus(a, slopeA, -0.02);
        b = plus(b, slopeB, -0.02 * scale);
        if (project) b = thetaOf(padded(cut(functionsOf(b, fno), cnn), cnn), fno);
      }
      return { kernels: padded(a, cnn), functions: functionsOf(b, fno) };
    }

    const float64 = {
      cnn: (now: number[]) => gradient(cnn, now, encode(cnn, now, x, steps), x),
      fno: (now: number[]) => gradient(fno, now, encode(fno, now, x, steps), x),
    };
    const slope32 = (reference: Reference) => (now: number[]) => {
      const dictionary = dictionaryOf(reference, now);
      const { z } = forward(dictionary, sample(x, cnn), steps);
      const { parameter } = gradientsOf(dictionary, tensor(z, [1, ...odd, cnn.concepts]), sample(x, cnn));
      dictionary.dispose();
      return Array.from(parameter);
    };

    test("float64: twenty gradient steps agree, the spectral ones scaled by |N| and projected on the support", () => {
      const after = descend(float64);
      expectEqual(after.functions, after.kernels, inFloat64);
      expectDifferent(after.kernels, padded(kernels, cnn));
    });

    test("float32: twenty gradient steps agree", () => {
      const after = descend({ cnn: slope32(cnn), fno: slope32(fno) });
      expectEqual(after.functions, after.kernels, inFloat32);
    });

    test("without the scale, or without the projection: not equal", () => {
      for (const options of [{ scale: 1 }, { project: false }]) {
        const after = descend(float64, options);
        expectDifferent(after.functions, after.kernels);
      }
    });
  });
});

describe("9.4 lifted SAE-CNN = lifted SAE-FNO, and lifted SAE-FNO = SAE-FNO where 9.1 holds", () => {
  const [cnn, fno, lifted, liftedFno] = [conv(2), fourier(2), conv(5), fourier(5)];
  const L = orthonormal(5, 2, 4);
  const P = transposed(L);
  const x = gaussian(sizeOf(odd) * 2, 5);
  const kernels = gaussian(sizeOf(cnn.shape), 6, 0.25);
  // Of the first statement any kernels will do; of the second those in the range of L.
  const any = gaussian(sizeOf(lifted.shape), 7, 0.15);
  const inRange = mapAxis(kernels, cnn.shape, cnn.channelAxis, L);
  const thetaFor = (values: number[]) => thetaOf(padded(values, lifted), liftedFno);

  describe.each(allSteps)("T = $iterations", (steps) => {
    test("float64", () => {
      const z = encode(lifted, any, pointwise(x, L), steps);
      expectEqual(encode(liftedFno, thetaFor(any), pointwise(x, L), steps), z, inFloat64);
      expectEqual(
        pointwise(liftedFno.synthesize(thetaFor(any), z), P),
        pointwise(lifted.synthesize(any, z), P),
        inFloat64,
      );
      const own = encode(fno, thetaOf(padded(kernels, cnn), fno), x, steps);
      expectEqual(encode(liftedFno, thetaFor(inRange), pointwise(x, L), steps), own, inFloat64);
    });

    test("float32", () => {
      const run = (reference: Reference, parameter: number[], matrix?: typeof L) => {
        const dictionary = dictionaryOf(reference, parameter);
        return forward(matrix === undefined ? dictionary : lift(dictionary, matrix), sample(x, cnn), steps);
      };
      const [a, b] = [run(lifted, any, L), run(liftedFno, thetaFor(any), L)];
      expectEqual(b.z, a.z, inFloat32);
      expectEqual(b.reconstruction, a.reconstruction, inFloat32);
      const [c, d] = [run(fno, thetaOf(padded(kernels, cnn), fno)), run(liftedFno, thetaFor(inRange), L)];
      expectEqual(d.z, c.z, inFloat32);
      expectEqual(d.reconstruction, c.reconstruction, inFloat32);
    });

    test("with fewer modes, and beyond the first step with kernels out of the range of L: not equal", () => {
      const few = fourier(5, odd, [2, 3]);
      const truncated = thetaOf(padded(any, lifted), few);
      const z = encode(lifted, any, pointwise(x, L), steps);
      expectDifferent(encode(few, truncated, pointwise(x, L), steps), z);
      expectDifferent(forward(lift(dictionaryOf(few, truncated), L), sample(x, cnn), steps).z, z);
      if (steps.iterations === 1) return;
      const effective = thetaOf(padded(mapAxis(any, lifted.shape, lifted.channelAxis, P), cnn), fno);
      expectDifferent(encode(fno, effective, x, steps), z);
    });
  });
});
