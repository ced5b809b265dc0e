import { cpuBackend, createRandom, useBackend } from "@saeno/backend";
import { beforeAll, describe, expect, test } from "vitest";
import { type ModelDescription, modelFromConfig, readModelConfig } from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

/** What a model says of itself. */
function made(config: ModelDescription, data = {}) {
  const model = modelFromConfig(config, createRandom(0), data);
  const found = model.toConfig();
  model.dispose();
  return found;
}

const images = { channels: 3, grid: [9, 80] };

describe("what a config leaves open", () => {
  test("follows from the data: channels, as many modes as the grid holds, one size for all axes", () => {
    const fourier = { kind: "fourier", concepts: 12 };
    expect(made({ dictionary: fourier }, images).dictionary).toMatchObject({ channels: 3, modes: [5, 32] });
    expect(made({ dictionary: fourier }, { ...images, truthful: true }).dictionary.modes).toEqual([5, 40]);
    expect(made({ dictionary: { ...fourier, modes: 3 } }, images).dictionary.modes).toEqual([3, 3]);
    expect(made({ dictionary: { kind: "conv" } }, images).dictionary).toMatchObject({ concepts: 64, kernel: [7, 7] });
    expect(made({ dictionary: { kind: "dense" } }, { channels: 5, grid: [] }).dictionary.inputs).toBe(5);
    expect(() => made({ dictionary: { kind: "conv", kernel: [3, 3, 3] } }, images)).toThrow(
      /kernel 3x3x3: give one number, or one for each of the 2 axes/,
    );
    expect(() => made({ dictionary: { kind: "dense" } })).toThrow(/Without data a dictionary needs inputs/);
  });

  test("is what the data, the dictionary, the encoder and the activation make of each other", () => {
    const dictionary = { kind: "conv", kernel: 3, concepts: 12 };
    expect(made({ dictionary }, images)).toMatchObject({
      encoder: { kind: "shallow", tied: false, distance: false },
      activation: { kind: "map-sparsity", active: 3, density: 0.04, conceptRule: "batch", domainRule: "peaks" },
    });
    expect(made({ dictionary, activation: { kind: "batchtopk", k: 2, count: 5 } }, images).activation).toMatchObject({
      kind: "map-sparsity",
      active: 2,
      conceptRule: "batch",
      count: 5,
    });
    expect(made({ dictionary, activation: { kind: "spade" } }, images).encoder).toMatchObject({ distance: true });
    const pursuit = { kind: "matching-pursuit" };
    expect(made({ dictionary, encoder: pursuit, activation: { kind: "topk", k: 3 } }, images)).toMatchObject({
      encoder: { steps: 3 },
      activation: { active: 1, conceptRule: "topk", density: 0.04 },
    });
    expect(made({ dictionary, encoder: { kind: "unrolled" } }, images).activation).toEqual({
      kind: "hard-threshold",
      threshold: "2sd",
      oneSided: false,
    });
    const rule = (kind: string, given = {}) =>
      made({ dictionary, encoder: { kind: "unrolled" }, activation: { kind, ...given } }, images).activation
        .conceptRule;
    expect([rule("topk"), rule("map-sparsity"), rule("batchtopk")]).toEqual(["topk", "topk", "batch"]);
    expect(rule("map-sparsity", { conceptRule: "threshold" })).toBe("threshold");
  });

  test("a lifting has the channels of the data, the dictionary those of the lifted space", () => {
    const config = made({ dictionary: { kind: "conv", kernel: 3 }, lifting: { lifted: 5 } }, images);
    expect(config.lifting).toEqual({ channels: 3, lifted: 5, start: "orthogonal", tied: true, learned: true });
    expect(config.dictionary.channels).toBe(5);
    expect(made(config)).toEqual(config);
  });
});

test("options that say the same twice, or would do nothing, are refused by name", () => {
  const dictionary = { kind: "conv", kernel: 3, concepts: 6 };
  const refused = (activation: ModelDescription["activation"] & object) =>
    expect(() => made({ dictionary, activation }, images));
  refused({ kind: "map-sparsity", density: 0.1, count: 3 }).toThrow(/density or count, not both/);
  refused({ kind: "map-sparsity", threshold: 0.1 }).toThrow(/does not use threshold unless conceptRule or domainRule/);
  refused({ kind: "map-sparsity", activ: 3 }).toThrow(/no option "activ"\. Did you mean "active"\?/);
  refused({ kind: "topk", k: 1.5 }).toThrow(/activation "topk", k: must be a positive integer; got 1\.5/);
  refused({ kind: "balanced", activation: { kind: "relu" } }).toThrow(/"relu" does not rank the concepts/);
});

describe("a config of an older version", () => {
  const encoder = { kind: "shallow", tied: false, distance: false };
  const conv = { kind: "conv", channels: 1, concepts: 4, kernel: [3, 3], padding: "circular" };
  const read = (activation: object, dictionary: object = conv) =>
    readModelConfig({ dictionary, encoder, activation }, "old.json");

  test.each([
    [
      { concepts: 2, domain: { density: 0.1 } },
      { active: 2, conceptRule: "topk", density: 0.1, domainRule: "topk" },
    ],
    [
      { concepts: { batch: 2 }, domain: { count: 3, batch: true } },
      { active: 2, conceptRule: "batch", count: 3, domainRule: "batch" },
    ],
    [
      { concepts: { threshold: 0.2, bandwidth: 0.1 }, domain: { threshold: 0.3 } },
      { conceptRule: "threshold", threshold: 0.2, bandwidth: 0.1, domainRule: "threshold", pointThreshold: 0.3 },
    ],
    [
      { concepts: 2, domain: { threshold: 0.3 } },
      { active: 2, conceptRule: "topk", domainRule: "threshold", threshold: 0.3 },
    ],
  ])("has two rules for maps: %o", (rules, options) => {
    const others = { energy: "rectified", energyGrid: "data" };
    const config = read({ kind: "map-sparsity", ...rules, ...others, conceptCount: 4 });
    expect(config.activation).toEqual({ kind: "map-sparsity", ...options, ...others });
    expect(made(config).activation).toEqual(config.activation);
  });

  test("names kinds otherwise, repeats the number of concepts, and lifts by a dictionary around another", () => {
    const inner = { name: "map-sparsity", concepts: 1, domain: { density: 0.5 } };
    expect(read({ name: "balanced", conceptCount: 4, activation: inner }).activation).toEqual({
      kind: "balanced",
      activation: { kind: "map-sparsity", active: 1, conceptRule: "topk", density: 0.5, domainRule: "topk" },
    });
    expect(read({ kind: "map-sparsity", active: 2, density: 0.5 }).activation).toMatchObject({
      conceptRule: "topk",
      domainRule: "topk",
    });
    expect(read({ kind: "jumprelu", conceptCount: 4, threshold: 0.1 }).activation).toEqual({
      kind: "jumprelu",
      threshold: 0.1,
    });
    const lifting = { channels: 1, lifted: 3, start: "orthogonal", tied: true, learned: true };
    const lifted = { kind: "lifted", lifting, dictionary: { ...conv, channels: 3 } };
    expect(read({ kind: "relu" }, lifted)).toMatchObject({ lifting, dictionary: { kind: "conv", channels: 3 } });
    expect(read({ kind: "relu" }, { kind: "fourier", start: "localised" }).dictionary.start).toBe("localized");
    expect(() => readModelConfig({ encoder }, "old.json")).toThrow(/old\.json does not describe a model: dictionary/);
  });
});
