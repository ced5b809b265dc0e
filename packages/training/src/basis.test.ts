/** What a step of an optimizer makes of an atom does not depend on the basis that its coefficients are in (specification: Training, basis). */
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { convDictionary, type Dictionary, fourierDictionary } from "@saeno/core";
import {
  add,
  div,
  mul,
  norm,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { adam, type Optimizer, sgd, type TrainedParameter } from "./index.ts";

beforeAll(() => useBackend(wasmBackend).then(() => undefined));

const [grid, channels, concepts] = [[5, 7], 2, 3];
const size = sizeOf(grid);
const shape = [concepts, ...grid, channels];
const normals = (seed: number) => tensor(createRandom(seed).normals(sizeOf(shape)), shape);

/** The same atoms, of unit norm: kernels as large as the grid, and spectra with all its modes. */
function pair(): { kernels: Dictionary; spectra: Dictionary } {
  const kernels = convDictionary({ channels, concepts, kernel: grid }, createRandom(1));
  const modes = grid.map((points) => (points + 1) / 2);
  const spectra = fourierDictionary({ channels, concepts, modes }, createRandom(2));
  tidy(() => spectra.assign(kernels.atoms({ grid, origin: "corner" })));
  return { kernels, spectra };
}

/** Atoms on the grid, their Euclidean norm that of their parameter: functions of norm 1 have one of `sqrt(|N|)`. */
const atomsOf = ({ kind, atoms }: Dictionary): Tensor =>
  kind === "conv" ? atoms({ grid }) : div(atoms({ grid }), Math.sqrt(size));

/** How far the atoms of both are apart, as a share of how far they came, after three steps down the same slope. */
function apart(make: () => Optimizer, constraint: TrainedParameter["constraint"]): number {
  const { kernels, spectra } = pair();
  const ends = [kernels, spectra].map((dictionary) => {
    const optimizer = make();
    const parameters = dictionary.parameters.map((parameter): TrainedParameter => {
      // As training measures it.
      const entrySize =
        tidy(() => norm(parameter.variable).dataSync()[0]) / Math.sqrt(sizeOf(parameter.variable.shape));
      return { ...parameter, entrySize, constraint };
    });
    const start = tidy(() => atomsOf(dictionary).clone());
    for (let step = 0; step < 3; step++) {
      tidy(() => {
        // Not quadratic, and not the same for all entries, so that directions change from step to step.
        const loss = () => {
          const atoms = atomsOf(dictionary);
          return add(sum(square(sub(atoms, normals(3)))), sum(square(square(mul(atoms, normals(4)))))) as Scalar;
        };
        const variables = parameters.map(({ variable }) => variable);
        const { grads } = variableGrads(loss, variables);
        optimizer.step(
          parameters,
          variables.map(({ name }) => grads[name]),
          0.02,
        );
      });
    }
    optimizer.dispose();
    return { start, end: tidy(() => atomsOf(dictionary).clone()) };
  });
  const [a, b] = ends;
  const share = tidy(() => div(norm(sub(a.end, b.end)), norm(sub(a.end, a.start))).dataSync()[0]);
  for (const each of [...ends.flatMap(({ start, end }) => [start, end]), kernels, spectra]) each.dispose();
  return share;
}

const optimizers: readonly [string, () => Optimizer][] = [
  ["SGD", () => sgd()],
  ["SGD with momentum", () => sgd({ momentum: 0.9 })],
  ["Adam with a second moment for each row", () => adam({ moments: "row" })],
];
const constraints = ["none", "unit rows"] as const;

for (const constraint of constraints) {
  test.each(optimizers)(`%s, ${constraint} held at unit norm: steps on spectra are steps on kernels`, (_, make) => {
    expect(apart(make, constraint)).toBeLessThan(1e-4);
  });

  test(`elementwise Adam, ${constraint} held at unit norm: they are not`, () => {
    expect(apart(() => adam({ moments: "entry" }), constraint)).toBeGreaterThan(0.2);
  });
}

test("by itself Adam has a second moment for each row of spectra, and for each entry of kernels", async () => {
  const { kernels, spectra } = pair();
  const moments = await Promise.all(
    [kernels, spectra].map(async (dictionary) => {
      const optimizer = adam();
      const parameters = dictionary.parameters.map(
        (each): TrainedParameter => ({ ...each, entrySize: 1, constraint: "unit rows" }),
      );
      optimizer.step(
        parameters,
        parameters.map(({ variable }) => variable),
        0.01,
      );
      const { tensors } = await optimizer.state();
      optimizer.dispose();
      dictionary.dispose();
      return Object.entries(tensors).find(([name]) => name.endsWith("second"))?.[1].shape;
    }),
  );
  expect(moments).toEqual([shape, [concepts, 1, 1, 1, 1]]);
});
