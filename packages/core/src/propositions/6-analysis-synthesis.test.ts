/** specification: Propositions 6: analysis and synthesis. */
import { sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { analyze as analyze32, resample, spectralEnergy } from "@saeno/fft";
import { tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { dictionaryOf, expectDifferent, expectEqual, inFloat32, inFloat64, sample } from "./__fixtures__/public-api.ts";
import {
  analyze,
  conv,
  correlate,
  dense,
  dot,
  fourier,
  gaussian,
  spectralProduct,
  synthesize,
} from "./__fixtures__/reference.ts";

beforeAll(() => useBackend(wasmBackend));

describe.each([
  { name: "dense", reference: dense(6) },
  { name: "conv", reference: conv(2, [5, 4]) },
  { name: "fourier", reference: fourier(2, [6, 5], [3, 2]) },
])("9.6 $name: <D z, x> = <z, D* x>", ({ reference }) => {
  const parameter = gaussian(sizeOf(reference.shape), 1);
  const z = gaussian(sizeOf(reference.grid) * reference.concepts, 2);
  const x = gaussian(sizeOf(reference.grid) * reference.channels, 3);
  const expected = dot(reference.synthesize(parameter, z), x);

  test("float32, whose synthesis and correlation are those of the reference", () => {
    const dictionary = dictionaryOf(reference, parameter);
    const codes = tensor(z, [1, ...reference.grid, reference.concepts]);
    const output = dictionary.synthesize({ kind: "dense", values: codes }).dataSync();
    const correlation = dictionary.correlate(sample(x, reference)).dataSync();
    expectEqual(output, reference.synthesize(parameter, z), inFloat32);
    expectEqual(correlation, correlate(reference, parameter, x), inFloat32);
    expectEqual([dot(Array.from(output), x)], [expected], inFloat32);
    expectEqual([dot(z, Array.from(correlation))], [expected], inFloat32);
  });

  test("that of other weights is not an adjoint", () => {
    const other = correlate(reference, gaussian(parameter.length, 4), x);
    expectDifferent([dot(z, other)], [expected]);
  });
});

const cases = [
  { grid: [9], modes: [4] },
  { grid: [6, 7], modes: [3, 4] },
  { grid: [4, 5, 3], modes: [2, 3, 2] },
];

describe.each(cases)("9.6 grid $grid, modes $modes", ({ grid, modes }) => {
  const size = sizeOf(grid);
  const random = gaussian(size, 5);
  const spectrum = analyze(random, grid, modes);
  const limited = synthesize(spectrum, grid, modes);

  test("float64: <A x, y> = <x, A* y>, spectra weighted by c(w), functions by 1/|N|", () => {
    const other = analyze(gaussian(size, 6), grid, modes);
    const inSpace = dot(random, synthesize(other, grid, modes)) / size;
    expectEqual([spectralProduct(spectrum, other, modes)], [inSpace], inFloat64);
    // Without the weights c(w) it is none.
    const unweighted = spectrum.reduce((sum, a, w) => sum + a[0] * other[w][0] + a[1] * other[w][1], 0);
    expectDifferent([unweighted], [inSpace]);
  });

  test("Parseval, for band-limited functions only", () => {
    const power = dot(limited, limited) / size;
    expectEqual([spectralProduct(spectrum, spectrum, modes)], [power], inFloat64);
    const energy = (values: number[]) => {
      const x = tensor(values, [1, ...grid, 1]);
      return (spectralEnergy(analyze32(x, { modes })).dataSync() as Float32Array)[0];
    };
    expectEqual([energy(limited)], [power], inFloat32);
    expectEqual([energy(random)], [power], inFloat32);
    expectDifferent([energy(random)], [dot(random, random) / size]);
  });

  test("a band-limited function analyzed on one grid and synthesized on another takes its analytic values there", () => {
    const finer = grid.map((n) => 2 * n + 1);
    // The sum over frequencies at the points of the finer grid.
    const analytic = synthesize(spectrum, finer, modes);
    expectEqual(synthesize(analyze(limited, grid, modes), finer, modes), analytic, inFloat64);
    const x = tensor(limited, [1, ...grid, 1]);
    expectEqual(resample(x, { grid: finer, modes }).dataSync(), analytic, inFloat32);
    // One that is not band-limited does not: there and back it is another.
    const back = resample(resample(tensor(random, [1, ...grid, 1]), { grid: finer, modes }), { grid, modes });
    expectDifferent(back.dataSync(), random);
    expect(back.shape).toEqual([1, ...grid, 1]);
  });
});
