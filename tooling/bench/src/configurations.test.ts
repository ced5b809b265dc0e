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
      const { batch, concepts, active, ...rest } = named(name);
      const where = rest.kind === "mlp" ? [rest.inputs] : [rest.grid, rest.channels, rest.count];
      const shape = rest.kind === "cnn" ? rest.kernel : rest.kind === "fno" ? rest.modes : [];
      return [batch, ...where, concepts, active, ...shape];
    };
    expect(sizes("mlp-small")).toEqual([256, 1000, 1500, 20]);
    expect(sizes("mlp-large")).toEqual([1024, 768, 16384, 32]);
    expect(sizes("cnn-img")).toEqual([32, [64, 64], 1, 64, 64, 8, 11, 11]);
    expect(sizes("fno-mnist")).toEqual([128, [28, 28], 1, 32, 64, 8, 14, 14]);
    expect(sizes("fno-img")).toEqual([32, [64, 64], 1, 64, 256, 16, 16, 16]);
    expect(sizes("fno-big")).toEqual([16, [128, 128], 3, 256, 512, 16, 24, 24]);
    expect(sizes("fno-act")).toEqual([32, [16, 16], 384, 16, 512, 32, 4, 4]);
    expect(sizes("fno1d")).toEqual([256, [1024], 1, 16, 256, 8, 64]);
  });

  test("every spectral one comes with rectified energies under its plain name, and with pre-activation energies", () => {
    const fourier = configurations.filter((one): one is FourierConfiguration => one.kind === "fno");
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
      expect(configuration.active).toBeLessThanOrEqual(configuration.concepts);
      if (configuration.kind === "mlp") continue;
      expect(configuration.count).toBeLessThanOrEqual(sizeOf(configuration.grid));
      if (configuration.kind === "fno") {
        for (const [axis, modes] of configuration.modes.entries())
          expect(configuration.grid[axis]).toBeGreaterThanOrEqual(2 * modes - 1);
        expect(sizeOf(spectrumShape(configuration.modes))).toBeGreaterThan(0);
      }
    }
    expect(new Set(configurations.map(({ name }) => name)).size).toBe(configurations.length);
  });
});

describe("a selection by name", () => {
  test("keeps the order of the list, takes all without one, and tells what is not there yet", () => {
    expect(selectConfigurations().configurations).toEqual(configurations);
    const { configurations: chosen, notYet } = selectConfigurations("fno1d, unrolled-mlp,mlp-small");
    expect(chosen.map(({ name }) => name)).toEqual(["mlp-small", "fno1d"]);
    expect(notYet).toEqual(["unrolled-mlp"]);
  });

  test("refuses an unknown name with all known ones", () => {
    expect(() => selectConfigurations("fno-img,fno-huge")).toThrow(
      /^There is no configuration "fno-huge"\. Known: mlp-small, mlp-large, cnn-img, fno-mnist, .*unrolled-fno\.$/,
    );
  });
});
