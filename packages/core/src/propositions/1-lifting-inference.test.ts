/** specification: Propositions 1: lifting, inference. */
import { sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
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
  correlate,
  dense,
  encode,
  fourier,
  gaussian,
  gradient,
  mapAxis,
  matrix,
  orthonormal,
  pointwise,
  product,
  type Reference,
  subtract,
  transposed,
  unrolled,
} from "./__fixtures__/reference.ts";

beforeAll(() => useBackend(wasmBackend));

const kinds = [
  { name: "dense", make: dense, channels: 6, scale: 0.45 },
  { name: "conv", make: conv, channels: 2, scale: 0.25 },
  { name: "fourier", make: fourier, channels: 2, scale: 1.4 },
];

describe.each(kinds)(
  "9.1 $name: with P = L^T, L^T L = I and D_l = L D, lifted and unlifted agree",
  ({ make, channels, scale }) => {
    const plain: Reference = make(channels);
    const lifted: Reference = make(channels + 3);
    const L = orthonormal(channels + 3, channels, 1);
    const P = transposed(L);
    const D = gaussian(sizeOf(plain.shape), 2, scale);
    const x = gaussian(sizeOf(plain.grid) * channels, 3);
    const inRange = mapAxis(D, plain.shape, plain.channelAxis, L);
    // P D_l = D, and a part that P does not see.
    const anything = gaussian(sizeOf(lifted.shape), 4, scale);
    const unseen = subtract(anything, mapAxis(anything, lifted.shape, lifted.channelAxis, product(L, P)));
    const generic = inRange.map((value, i) => value + unseen[i]);

    const size = sizeOf(plain.grid) * plain.concepts;
    const decode = (parameter: number[], z: readonly number[]) => pointwise(lifted.synthesize(parameter, z), P);
    /** `z + alpha D_l* L (x - P D_l z)`. */
    const inDataSpace = (parameter: number[]) => ({
      synthesize: (z: number[]) => decode(parameter, z),
      adjoint: (r: number[]) => correlate(lifted, parameter, pointwise(r, L)),
      size,
    });

    test("P D_l = D, for both", () => {
      for (const parameter of [inRange, generic])
        expectEqual(mapAxis(parameter, lifted.shape, lifted.channelAxis, P), D, inFloat64);
    });

    describe.each(allSteps)("T = $iterations", (steps) => {
      const z = encode(plain, D, x, steps);
      const zLifted = encode(lifted, inRange, pointwise(x, L), steps);

      test("float64: codes and reconstructions", () => {
        expectEqual(zLifted, z, inFloat64);
        expectEqual(decode(inRange, zLifted), plain.synthesize(D, z), inFloat64);
      });

      test("float32: codes and reconstructions", () => {
        const own = forward(dictionaryOf(plain, D), sample(x, plain), steps);
        const other = forward(lift(dictionaryOf(lifted, inRange), L), sample(x, plain), steps);
        expectEqual(own.z, z, inFloat32);
        expectEqual(other.z, own.z, inFloat32);
        expectEqual(other.reconstruction, own.reconstruction, inFloat32);
      });

      test("a generic D_l with P D_l = D: not equal beyond the first step, unless the residual is taken in the data space", () => {
        const dictionary = lift(dictionaryOf(lifted, generic), L);
        const inLifted = forward(dictionary, sample(x, plain), steps).z;
        const lifted64 = encode(lifted, generic, pointwise(x, L), steps);
        if (steps.iterations === 1) {
          expectEqual(lifted64, z, inFloat64);
          expectEqual(inLifted, z, inFloat32);
        } else {
          expectDifferent(lifted64, z);
          expectDifferent(inLifted, z);
        }
        expectEqual(unrolled(inDataSpace(generic), x, steps), z, inFloat64);
        expectEqual(forward(dictionary, sample(x, plain), steps, { residual: "data" }).z, z, inFloat32);
      });
    });

    test("without L^T L = I: not equal", () => {
      const skewed = matrix(L.rows, L.columns, gaussian(L.values.length, 5, 0.5));
      const [steps] = allSteps.slice(1) as [(typeof allSteps)[number]];
      const z = encode(plain, D, x, steps);
      const parameter = mapAxis(D, plain.shape, plain.channelAxis, skewed);
      expectDifferent(encode(lifted, parameter, pointwise(x, skewed), steps), z);
      expectDifferent(forward(lift(dictionaryOf(lifted, parameter), skewed), sample(x, plain), steps).z, z);
    });

    test("started in the range of L, gradient descent stays in it; started elsewhere it is not brought there", () => {
      const steps = allSteps[1];
      const effective: Reference = { ...lifted, channels, synthesize: (parameter, z) => decode([...parameter], z) };
      const outside = (parameter: ArrayLike<number>) => {
        const values = Array.from(parameter);
        return subtract(values, mapAxis(values, lifted.shape, lifted.channelAxis, product(L, P)));
      };
      let now = inRange;
      for (let step = 0; step < 5; step++) {
        const z = encode(lifted, now, pointwise(x, L), steps);
        const slope = gradient(effective, now, z, x);
        now = now.map((value, i) => value - 0.1 * slope[i]);
      }
      expectDifferent(now, inRange);
      expect(Math.max(...outside(now).map(Math.abs))).toBeLessThan(inFloat64);

      const dictionary = lift(dictionaryOf(lifted, inRange), L);
      const z = tensor(encode(plain, D, x, steps), [1, ...plain.grid, plain.concepts]);
      const { parameter } = gradientsOf(dictionary, z, sample(x, plain));
      expect(Math.max(...outside(parameter).map(Math.abs))).toBeLessThan(inFloat32);
      expect(Math.max(...outside(generic).map(Math.abs))).toBeGreaterThan(0.01);
    });
  },
);
