import { cpuBackend, createRandom, sizeOf, useBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, test } from "vitest";
import {
  type Activation,
  activationFromConfig,
  balanced,
  densePreCodes,
  hardThreshold,
  jumpRelu,
  mapSparsity,
  softThreshold,
  toDense,
  topK,
} from "./index.ts";

/** Pre-codes with a mean, of any size. */
function preCodes(shape: number[], size = 1, seed = 1): Tensor {
  const values = createRandom(seed).normals(sizeOf(shape));
  return tensor(
    values.map((value) => size * (value - 0.2)),
    shape,
  );
}

const measure = (activation: Activation, u: Tensor) => tidy(() => activation.measured?.measure(densePreCodes(u)));
const codesOf = (activation: Activation, u: Tensor) =>
  Array.from(tidy(() => toDense(activation.apply(densePreCodes(u)))).dataSync());
const share = (values: readonly number[]) => values.filter((value) => value !== 0).length / values.length;
const thresholdOf = (activation: Activation) =>
  activation
    .parameters?.()
    .find(({ role }) => role === "threshold")
    ?.variable.dataSync()[0];

describe.each([cpuBackend, wasmBackend])("on $kind", (backend) => {
  beforeEach(() => useBackend(backend).then(() => undefined));

  test.each([1, 1e-4, 1e6])("learned thresholds of scalar codes of size %d let through what top-k keeps", (size) => {
    const activation = jumpRelu({ conceptCount: 64 });
    const u = preCodes([200, 64], size);
    measure(activation, u);
    expect(share(codesOf(activation, u))).toBeCloseTo(8 / 64, 3);
    const { threshold = 0, bandwidth = 0, deviation = 0 } = activation.measured?.values() ?? {};
    expect(deviation / size).toBeCloseTo(1, 1);
    expect(bandwidth / deviation).toBeCloseTo(0.25, 5);
    expect(thresholdOf(activation)).toBe(threshold);
    expect(activation.toConfig()).toEqual({ kind: "jumprelu", threshold, bandwidth });
  });

  test("few concepts, and maps, have fewer entries that are active", () => {
    const few = jumpRelu({ conceptCount: 8 });
    measure(few, preCodes([200, 8]));
    expect(share(codesOf(few, preCodes([200, 8])))).toBeCloseTo(0.25, 2);
    const maps = jumpRelu({ conceptCount: 16 });
    measure(maps, preCodes([10, 12, 12, 16]));
    expect(share(codesOf(maps, preCodes([10, 12, 12, 16])))).toBeCloseTo(0.25 * 0.04, 3);
  });

  test.each([1, 1e-4, 1e6])("thresholds in standard deviations grow with pre-codes of size %d", (size) => {
    const u = preCodes([100, 30], size);
    const hard = hardThreshold({ threshold: "2sd" });
    const soft = softThreshold({ threshold: "0.5sd" });
    const jump = jumpRelu({ conceptCount: 30, threshold: "1.5sd", bandwidth: "1e-1sd" });
    for (const activation of [hard, soft, jump]) measure(activation, u);
    const { deviation = 0 } = hard.measured?.values() ?? {};
    expect(hard.fixedThreshold?.threshold).toBeCloseTo(2 * deviation, 5 - Math.log10(size));
    expect(soft.fixedThreshold?.threshold).toBeCloseTo(0.5 * deviation, 5 - Math.log10(size));
    expect((thresholdOf(jump) ?? 0) / deviation).toBeCloseTo(1.5, 5);
    expect((jump.measured?.values().bandwidth ?? 0) / deviation).toBeCloseTo(0.1, 5);
    expect(share(codesOf(hard, u))).toBeCloseTo(0.05, 1);
  });

  test("the two rules of maps are measured one after the other", () => {
    const a = preCodes([20, 10, 10, 32]);
    const activation = activationFromConfig(
      {
        kind: "map-sparsity",
        conceptRule: "threshold",
        domainRule: "threshold",
        energy: "rectified",
        energyGrid: "data",
      },
      { conceptCount: 32 },
    );
    measure(activation, a);
    const codes = codesOf(activation, a);
    const active = new Map<string, number>();
    codes.forEach((value, i) => {
      const map = `${Math.floor(i / 3200)} ${i % 32}`;
      if (value !== 0) active.set(map, (active.get(map) ?? 0) + 1);
    });
    expect(active.size / 20).toBeCloseTo(8, 0);
    // Maps that nearly were active are measured too, and are weaker.
    expect(share(codes) / (active.size / 640)).toBeGreaterThan(0.035);
    expect(share(codes) / (active.size / 640)).toBeLessThan(0.06);
    const { threshold, bandwidth, pointThreshold, pointBandwidth } = activation.toConfig();
    expect([threshold, bandwidth, pointThreshold, pointBandwidth].map((value) => typeof value)).toEqual(
      Array(4).fill("number"),
    );
    const again = activationFromConfig(activation.toConfig(), { conceptCount: 32 });
    expect(again.measured).toBeUndefined();
    expect(again.toConfig()).toEqual(activation.toConfig());
  });
});

test("numbers say what they say, and have nothing to measure", () => {
  const numbers: Activation[] = [
    jumpRelu({ conceptCount: 4, threshold: 0.3, bandwidth: 0.1 }),
    hardThreshold({ threshold: 0 }),
    softThreshold({ threshold: 2 }),
    mapSparsity({ concepts: { threshold: 0.2 }, conceptCount: 4 }),
    topK({ k: 2 }),
  ];
  for (const activation of numbers) expect(activation.measured).toBeUndefined();
  const half = jumpRelu({ conceptCount: 4, threshold: 0.3 });
  measure(half, preCodes([20, 4]));
  expect(thresholdOf(half)).toBeCloseTo(0.3, 6);
  expect(half.toConfig().threshold).toBe(0.3);
  const rule = mapSparsity({ concepts: { threshold: "1sd" }, conceptCount: 4 });
  expect(balanced(topK({ k: 1 }), { conceptCount: 4 }).measured).toBeUndefined();
  expect(rule.toConfig()).toMatchObject({ conceptRule: "threshold", threshold: "1sd" });
});

test("what was measured can be taken up again, learned thresholds as they are", () => {
  const [activation, again] = [jumpRelu({ conceptCount: 6 }), jumpRelu({ conceptCount: 6 })];
  measure(activation, preCodes([50, 6]));
  again.measured?.restore(activation.measured?.values() ?? {});
  expect(again.toConfig()).toEqual(activation.toConfig());
  expect(thresholdOf(again)).toBeCloseTo(0.01, 6);
  const both = () => mapSparsity({ concepts: { threshold: "1sd" }, domain: { threshold: "auto" }, conceptCount: 4 });
  const [maps, more] = [both(), both()];
  measure(maps, preCodes([9, 5, 5, 4]));
  more.measured?.restore(maps.measured?.values() ?? {});
  expect(more.toConfig()).toEqual(maps.toConfig());
});

test("what cannot be measured, or was not yet, says what to do", () => {
  const constant = jumpRelu({ conceptCount: 3 });
  expect(() => measure(constant, tensor(new Float32Array(30).fill(0.7), [10, 3]))).toThrow(
    /cannot be measured on the first batch: all pre-codes are the same\. Is the data constant\?/,
  );
  expect(() => codesOf(hardThreshold({ threshold: "2sd" }), preCodes([2, 3]))).toThrow(
    /threshold 2sd is measured on the first batch of a training, and there was none yet/,
  );
  // As it was before anything was measured.
  expect(codesOf(constant, tensor([[0.009, 0.011, 0]]))).toEqual([0, Math.fround(0.011), 0]);
});

test.each([0, -1, "2", "sd", "-2sd", "0sd", "2 sd", "infsd", null, Number.NaN])(
  "%o is not a threshold",
  (threshold) => {
    const made = () => activationFromConfig({ kind: "jumprelu", threshold }, { conceptCount: 3 });
    expect(made).toThrow(/threshold: must be a positive number, standard deviations such as "2sd", or "auto"; got/);
  },
);
