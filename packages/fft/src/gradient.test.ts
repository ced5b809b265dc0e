import { cpuBackend, createRandom, type Grid, type Modes, sizeOf, spectrumShape, useBackend } from "@saeno/backend";
import { add, grads, memory, mul, type Scalar, square, sum, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { analyze } from "./analyze.ts";
import { resample } from "./resample.ts";
import { spectralEnergy } from "./spectral-energy.ts";
import { synthesize } from "./synthesize.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const random = createRandom(2);

function randomTensor(shape: readonly number[]): Tensor {
  return tensor(random.normals(sizeOf(shape)), [...shape]);
}

/** Every function here has degree two at most, so central differences are exact whatever the step. */
const step = 0.5;

/** Compares `<gradient, v>` with central differences of f along a random direction v of all inputs at once. */
function expectGradient(f: (...inputs: Tensor[]) => Scalar, inputs: readonly Tensor[]): void {
  const before = memory();
  const gradients = grads(f)([...inputs]);
  expect(memory().numTensors - before.numTensors).toBe(inputs.length);
  expect(memory().numDataBuffers - before.numDataBuffers).toBeLessThanOrEqual(inputs.length);
  const directions = inputs.map(({ shape }) => randomTensor(shape));
  const at = (h: number) => f(...inputs.map((x, i) => add(x, mul(directions[i], h)))).dataSync()[0];
  const difference = (at(step) - at(-step)) / (2 * step);
  const slope = gradients.reduce((total, gradient, i) => total + sum(mul(gradient, directions[i])).dataSync()[0], 0);
  expect(Math.abs(slope - difference) / Math.max(1, Math.abs(difference))).toBeLessThan(1e-4);
}

const examples: readonly { readonly grid: Grid; readonly modes: Modes; readonly other: Grid }[] = [
  { grid: [7], modes: [3], other: [10] },
  { grid: [6, 5], modes: [2, 3], other: [5, 8] },
  { grid: [4, 3, 5], modes: [2, 2, 2], other: [3, 5, 4] },
];

for (const { grid, modes, other } of examples) {
  describe(`gradients on the grid [${grid}]`, () => {
    const shape = [2, ...spectrumShape(modes), 3];

    test("of analysis, both parts or one of them", () => {
      const x = randomTensor([2, ...grid, 3]);
      const [g, h] = [randomTensor(shape), randomTensor(shape)];
      expectGradient(
        (input) => {
          const { re, im } = analyze(input, { modes });
          return add(sum(mul(re, g)), sum(mul(im, h))) as Scalar;
        },
        [x],
      );
      expectGradient((input) => sum(mul(analyze(input, { modes }).im, h)), [x]);
    });

    test("of synthesis, by both parts or by one of them", () => {
      const [re, im, g] = [randomTensor(shape), randomTensor(shape), randomTensor([2, ...other, 3])];
      expectGradient((a, b) => sum(mul(synthesize({ re: a, im: b }, { grid: other }), g)), [re, im]);
      expectGradient((a) => sum(mul(synthesize({ re: a, im }, { grid: other }), g)), [re]);
      expectGradient((b) => sum(mul(synthesize({ re, im: b }, { grid: other }), g)), [im]);
    });

    test("of resampling", () => {
      const [x, g] = [randomTensor([2, ...grid, 3]), randomTensor([2, ...other, 3])];
      expectGradient((input) => sum(mul(resample(input, { grid: other }), square(g))), [x]);
    });

    test("of the spectral energy", () => {
      const g = randomTensor([2]);
      expectGradient((re, im) => sum(mul(spectralEnergy({ re, im }), g)), [randomTensor(shape), randomTensor(shape)]);
    });
  });
}
