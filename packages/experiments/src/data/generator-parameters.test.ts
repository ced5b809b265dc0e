import { describe, expect, it } from "vitest";
import { generatorParameters } from "./generator-parameters.ts";
import { openData } from "./open-data.ts";

const settings = { limit: 30, test: 2, crop: 64, color: false, whiten: true, seed: 3 };
const open = (data: string, seed = 3) => openData({ ...settings, data, seed });
const parameters = (text: string) => generatorParameters("things", text, ["concepts", "rate"]);

describe("parameters of generated data", () => {
  it("follow a size or stand alone", () => {
    expect(parameters("16x8,rate=0.5,concepts=3")).toEqual({ size: "16x8", given: { rate: 0.5, concepts: 3 } });
    expect(parameters("concepts=3")).toEqual({ size: "", given: { concepts: 3 } });
    expect(parameters("16")).toEqual({ size: "16", given: {} });
    expect(parameters("")).toEqual({ size: "", given: {} });
  });

  it.each(["concept=3", "8,9", "8,=3", "8,concepts", "8,concepts=", "8,concepts=many", "8,concepts=1=2"])(
    "%s is refused, with the names there are",
    (text) => {
      expect(() => parameters(text)).toThrow(/^things: ".*" is not a (parameter|number).*concepts, rate\.$/);
    },
  );

  it("reach the generator, and what is left out keeps its default", async () => {
    const functions = await open("sparse-functions:10x8,channels=2,concepts=4,kernel=3");
    expect([functions.train.grid, functions.train.channels, functions.truth?.shape]).toEqual([
      [10, 8],
      2,
      [4, 3, 3, 2],
    ]);
    const vectors = await open("sparse-vectors:concepts=20");
    expect([vectors.train.channels, vectors.truth?.shape]).toEqual([100, [20, 100]]);
    await expect(open("sparse-vectors:8,active=0")).rejects.toThrow(/active is a whole number of at least 1/);
  });
});

describe("the known dictionary", () => {
  it("is what samples are made of", async () => {
    const { train, truth } = await open("sparse-vectors:8,concepts=3,active=1,amplitude=-4,amplitude-std=0");
    const atoms = [0, 1, 2].map((k) => truth?.values.slice(8 * k, 8 * k + 8) ?? []);
    for (let i = 0; i < train.size; i++) {
      const sample = await train.read([i]);
      const amplitudes = atoms.map((atom) => sample.reduce((sum, value, j) => sum + value * (atom[j] ?? 0), 0));
      expect(Math.min(...amplitudes)).toBeCloseTo(-4, 4);
      expect(Math.hypot(...sample)).toBeCloseTo(4, 4);
    }
  });

  it("is another for another seed", async () => {
    const values = async (seed: number) => (await open("sparse-functions:8", seed)).truth?.values;
    expect(await values(1)).toEqual(await values(1));
    expect(await values(1)).not.toEqual(await values(2));
  });
});
