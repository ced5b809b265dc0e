import { cpuBackend, useBackend } from "@saeno/backend";
import { memory } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Configuration } from "./configurations.ts";
import { measureConfiguration } from "./measure-configuration.ts";
import { findPeerPython } from "./runners.ts";
import { timeRepeatedly, timingPlan } from "./timing.ts";

beforeAll(async () => {
  await useBackend(cpuBackend);
});

const maps = { batch: 2, grid: [8, 8], channels: 1, concepts: 4, active: 2, count: 3 } as const;
const unrolled = { iterations: 3, stepSize: 0.2, threshold: 0.3, deviation: 2, activeEntries: 2 } as const;
const small: readonly Configuration[] = [
  { kind: "mlp", name: "mlp", batch: 3, inputs: 6, concepts: 8, active: 2 },
  { kind: "cnn", name: "cnn", ...maps, kernel: [3, 3], energy: "rectified" },
  { kind: "fno", name: "fno", ...maps, modes: [3, 3], energy: "rectified" },
  { kind: "fno", name: "fno/preactivation", ...maps, modes: [3, 3], energy: "preactivation" },
  { kind: "unrolled-mlp", name: "unrolled-mlp", batch: 3, inputs: 6, concepts: 8, ...unrolled },
  {
    kind: "unrolled-fno",
    name: "unrolled-fno",
    batch: 2,
    grid: [8, 8],
    channels: 1,
    concepts: 4,
    modes: [3, 3],
    ...unrolled,
  },
];

test.each(small)("$name: as many times as repeats, nothing left on the device", async (configuration) => {
  const before = memory().numTensors;
  const { train, infer } = await measureConfiguration(configuration, timingPlan(2));
  expect([train.length, infer.length]).toEqual([2, 2]);
  for (const time of [...train, ...infer]) expect(time).toBeGreaterThanOrEqual(0);
  expect(memory().numTensors).toBe(before);
});

describe("repeats", () => {
  test("are as many as asked for, after the warm-ups", async () => {
    let runs = 0;
    const samples = await timeRepeatedly(async () => void runs++, {
      least: 4,
      most: 4,
      seconds: 0,
      warmUps: 2,
      warmSeconds: 0,
    });
    expect([samples.length, runs]).toEqual([4, 6]);
  });

  test("go on until the time is used up or there are enough", async () => {
    const endless = { least: 2, most: 7, seconds: 1e6, warmUps: 0, warmSeconds: 0 };
    expect(await timeRepeatedly(async () => {}, endless)).toHaveLength(7);
    expect(await timeRepeatedly(async () => {}, { ...endless, seconds: 0 })).toHaveLength(2);
    expect(timingPlan()).toMatchObject({ least: 5, most: 60, seconds: 3 });
  });
});

test("the peer is the first Python that has PyTorch, or none", () => {
  const candidates = [undefined, "", "python3", "/usr/bin/python3"];
  expect(findPeerPython(candidates, (command) => command.startsWith("/usr"))).toBe("/usr/bin/python3");
  expect(findPeerPython(candidates, () => true)).toBe("python3");
  expect(findPeerPython(candidates, () => false)).toBeUndefined();
});
