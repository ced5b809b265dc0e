import { disposeCodes } from "@saeno/activations";
import { createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { saeCnn, saeFno, saeMlp } from "@saeno/core";
import { add, memory, norm, sub, sum, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { codeTableWriter, readCodes, sparseCodes } from "../codes/code-table.ts";
import { addedBy, placesOf } from "./added-by.ts";

beforeAll(() => useBackend(wasmBackend));

const domain = { density: 0.1 } as const;
const shared = { channels: 3, concepts: 6, active: 3, seed: 1 } as const;

function expectClose(a: Tensor, b: Tensor): void {
  expect(tidy(() => norm(sub(a, b)).dataSync()[0] / norm(b).dataSync()[0])).toBeLessThan(1e-5);
}

test.each([
  ["spectra", [10, 12], () => saeFno({ ...shared, modes: [4, 4], domain })],
  ["spectra, lifted", [10, 12], () => saeFno({ ...shared, modes: [4, 4], domain, lifting: { lifted: 5 } })],
  ["kernels", [10, 12], () => saeCnn({ ...shared, kernel: [3, 3], domain })],
  ["vectors", [], () => saeMlp({ inputs: 3, concepts: 6, active: 3 })],
])(
  "what the concepts of a sample add, and what no code decodes to, is its reconstruction: %s",
  async (_, grid, make) => {
    const model = make();
    for (const { role, variable } of model.parameters())
      if (role === "decoder bias") variable.assign(tensor(createRandom(3).normals(variable.size), variable.shape));
    const x = tensor(createRandom(4).normals(3 * sizeOf(grid)), [1, ...grid, 3]);
    const { codes, reconstruction } = model.forward(x);
    const table = await readCodes(codes);
    const maps = [...table.concepts.keys()];
    const before = memory().numTensors;
    const places = await placesOf(model, table, maps, grid);
    expect(memory().numTensors).toBe(before);
    tidy(() => {
      const added = addedBy(model, table, [...maps, -1], grid);
      expect(added.shape).toEqual([maps.length + 1, ...grid, 3]);
      const none = model.decode(
        sparseOf(model.dictionary.conceptCount, table.grid),
        grid.length > 0 ? grid : undefined,
      );
      expectClose(add(sum(added, 0, true), none), reconstruction);
      const values = added.dataSync();
      const lengths = Float32Array.from({ length: maps.length * sizeOf(grid) }, (_, i) =>
        Math.hypot(...values.slice(3 * i, 3 * i + 3)),
      );
      expectClose(tensor(places.flatMap((place) => [...place])), tensor(lengths));
      expect(Math.max(...values.slice(-3 * sizeOf(grid)))).toBeCloseTo(0, 5);
    });
    disposeCodes(codes);
    for (const each of [x, reconstruction]) each.dispose();
    model.dispose();
  },
);

function sparseOf(conceptCount: number, grid: readonly number[]) {
  const writer = codeTableWriter(grid, conceptCount);
  writer.nextSample();
  return sparseCodes(writer.table());
}

test("a concept is where its atom is, although its code is beside it", async () => {
  const model = saeFno({ ...shared, modes: [4, 4], domain });
  const [rows, columns] = [8, 8];
  // Concept 2 is a spike that lies two rows and three columns after its code.
  const atom = new Float32Array(rows * columns * 3);
  atom[3 * (2 * columns + 3)] = 1;
  model.dictionary.assign(tensor(atom, [1, rows, columns, 3]), { concepts: [2] });
  const writer = codeTableWriter([rows, columns], 6);
  writer.nextMap(2);
  writer.entry(1 * columns + 4, 2);
  writer.nextSample();
  const [place] = await placesOf(model, writer.table(), [0], [rows, columns]);
  expect(place?.indexOf(Math.max(...(place ?? [])))).toBe(3 * columns + 7);
  model.dispose();
});
