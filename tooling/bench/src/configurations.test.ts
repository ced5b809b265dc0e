import { sizeOf, spectrumShape } from "@saeno/backend";
import { describe, expect, test } from "vitest";
import {
  type Configuration,
  configurations,
  type FourierConfiguration,
  selectConfigurations,
} from "./configurations.ts";

const named = (name: string) => configurations.find((configuration) => configuration.name === name) as Configuration;

describe("configurations", () => {
  test("have the sizes that published times refer to", () => {
    const sizes = (name: string) => {
      const { batch, concepts, ...rest } = named(name);
      const where = "inputs" in rest ? [rest.inputs] : [rest.grid, rest.channels];
      const kept = "count" in rest ? [rest.count] : [];
      const sparsity = "active" in rest ? [rest.active] : [rest.iterations, rest.stepSize, rest.threshold];
      const shape = "kernel" in rest ? rest.kernel : "modes" in rest ? rest.modes : [];
      return [batch, ...where, ...kept, concepts, ...sparsity, ...shape];
    };
    expect(sizes("mlp-small")).toEqual([256, 1000, 1500, 20]);
    expect(sizes("mlp-large")).toEqual([1024, 768, 16384, 32]);
    expect(sizes("cnn-img")).toEqual([32, [64, 64], 1, 64, 64, 8, 11, 11]);
    expect(sizes("fno-mnist")).toEqual([128, [28, 28], 1, 32, 64, 8, 14, 14]);
    expect(sizes("fno-img")).toEqual([32, [64, 64], 1, 64, 256, 16, 16, 16]);
    expect(sizes("fno-big")).toEqual([16, [128, 128], 3, 256, 512, 16, 24, 24]);
    expect(sizes("fno-act")).toEqual([32, [16, 16], 384, 16, 512, 32, 4, 4]);
    expect(sizes("fno1d")).toEqual([256, [1024], 1, 16, 256, 8, 64]);
    expect(sizes("unrolled-mlp")).toEqual([256, 1000, 1500, 15, 0.2, 1]);
    expect(sizes("unrolled-fno")).toEqual([32, [32, 32], 8, 32, 10, 20.48, 0.64, 16, 16]);
  });

  test("every spectral one comes with rectified energies under its plain name, and with pre-activation energies", () => {
    const fourier = configurations.filter((one): one is FourierConfiguration => one.kind === "fno" && !one.auxiliary);
    expect(fourier).toHaveLength(10);
    for (const configuration of fourier) {
      const before = configuration.name.endsWith("/preactivation");
      expect(configuration.energy).toBe(before ? "preactivation" : "rectified");
      if (!before) {
        const name = `${configuration.name}/preactivation`;
        expect(named(name)).toEqual({ ...configuration, name, energy: "preactivation" });
      }
    }
  });

  test("fit: grids hold their modes, no more is kept than there is", () => {
    for (const configuration of configurations) {
      if ("active" in configuration) expect(configuration.active).toBeLessThanOrEqual(configuration.concepts);
      if ("count" in configuration) expect(configuration.count).toBeLessThanOrEqual(sizeOf(configuration.grid));
      if ("modes" in configuration) {
        for (const [axis, modes] of configuration.modes.entries())
          expect(configuration.grid[axis]).toBeGreaterThanOrEqual(2 * modes - 1);
        expect(sizeOf(spectrumShape(configuration.modes))).toBeGreaterThan(0);
      }
    }
    expect(new Set(configurations.map(({ name }) => name)).size).toBe(configurations.length);
  });
});

describe("a selection by name", () => {
  test("keeps the order of the list, and takes all without one", () => {
    expect(selectConfigurations()).toEqual(configurations);
    const chosen = selectConfigurations("fno1d, unrolled-mlp,mlp-small");
    expect(chosen.map(({ name }) => name)).toEqual(["mlp-small", "fno1d", "unrolled-mlp"]);
  });

  test("refuses an unknown name with all known ones", () => {
    expect(() => selectConfigurations("fno-img,fno-huge")).toThrow(
      /^There is no configuration "fno-huge"\. Known: mlp-small, mlp-small\/auxk, mlp-large, .*unrolled-fno\.$/,
    );
  });
});
