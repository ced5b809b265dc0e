import { createRandom, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeMlp } from "@saeno/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { prepareTraining } from "../prepare-training.ts";
import { trainStep } from "../train-step.ts";
import { adam } from "./adam.ts";

test("lazy steps leave concepts alone that a batch does not use; others move as before", async () => {
  await useBackend(wasmBackend);
  const [inputs, concepts] = [20, 300];
  const random = createRandom(2);
  const batches = Array.from({ length: 2 }, () => tensor(random.normals(4 * inputs), [4, inputs]));

  const trained = (lazy: boolean) => {
    const model = saeMlp({ inputs, concepts, active: 3, seed: 1 });
    const parameters = prepareTraining(model, batches[0]);
    const optimizer = adam({ lazy });
    const atoms: Float32Array[] = [valuesOf(model.dictionary.atoms())];
    const used: Int32Array[] = [];
    for (const x of batches) {
      const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 0.01 });
      if (codes.kind === "sparse") used.push(codes.concepts.dataSync<"int32">());
      loss.dispose();
      atoms.push(valuesOf(model.dictionary.atoms()));
    }
    return { atoms, used };
  };
  const [lazy, usual] = [trained(true), trained(false)];
  // Atoms that are normalized again may change in their last bits.
  const moved = ({ atoms }: ReturnType<typeof trained>, step: number) =>
    Array.from({ length: concepts }, (_, concept) => concept).filter((concept) =>
      atoms[step]
        .subarray(concept * inputs, (concept + 1) * inputs)
        .some((value, i) => Math.abs(value - atoms[step - 1][concept * inputs + i]) > 1e-5),
    );
  expect(moved(lazy, 1)).toEqual(moved(usual, 1));
  expect(new Set(moved(lazy, 2))).toEqual(new Set(lazy.used[1]));
  expect(moved(usual, 2).length).toBeGreaterThan(moved(lazy, 2).length);
});

function valuesOf(x: Tensor): Float32Array {
  const values = x.dataSync<"float32">().slice();
  x.dispose();
  return values;
}
