import { cpuBackend, createRandom, sizeOf, tidied, useBackend } from "@saeno/backend";
import {
  abs,
  grads,
  memory,
  mul,
  type Scalar,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Activation,
  activationFromConfig,
  balanced,
  batchTopK,
  densePreCodes,
  disposeCodes,
  hardThreshold,
  jumpRelu,
  mapSparsity,
  softThreshold,
  spade,
  sparsemax,
  toDense,
  topK,
} from "./index.ts";

beforeAll(() => useBackend(cpuBackend));

const normals = (shape: number[], seed = 1): Tensor => tensor(createRandom(seed).normals(sizeOf(shape)), shape);
const values = (x: Tensor): number[] => Array.from(x.dataSync());
const run = (activation: Activation, u: Tensor, training = false): number[] =>
  tidy(() => values(toDense(activation.apply(densePreCodes(u), { training }))));
const parameter = (activation: Activation, name: string): Variable =>
  activation.parameters?.().find((one) => one.name === name)?.variable as Variable;

/** Gradients of `sum(codes g)` to u and to some variable. */
function gradientsTo(activation: Activation, u: Tensor, variable: Tensor, upstream: Tensor): [number[], number[]] {
  const f = (x: Tensor, _: Tensor) =>
    sum(mul(toDense(activation.apply(densePreCodes(x), { training: true })), upstream));
  const [du, dv] = grads(f)([u, variable]) as [Tensor, Tensor];
  return [values(du), values(dv)];
}

describe.each([
  { name: "scalar codes, most of them active", shape: [6, 10], shift: 1 },
  { name: "scalar codes, few of them active", shape: [6, 40], shift: -1.6 },
  { name: "maps, most entries active", shape: [2, 4, 5, 3], shift: 1 },
  { name: "maps, few entries active", shape: [2, 6, 7, 12], shift: -2.2 },
])("jumprelu of $name", ({ shape, shift }) => {
  test("gives the values and pseudo-derivatives of its definition", () => {
    const [bandwidth, conceptCount] = [0.5, shape.at(-1) as number];
    const u = tensor(
      Float32Array.from(normals(shape).dataSync(), (value) => value + shift),
      shape,
    );
    const upstream = normals(shape, 2);
    const activation = jumpRelu({ conceptCount, threshold: 0.4, bandwidth });
    const theta = parameter(activation, "activation.threshold");
    theta.assign(tensor(Float32Array.from({ length: conceptCount }, (_, k) => 0.2 + 0.03 * k)));
    const [uValues, g, thresholds] = [values(u), values(upstream), values(theta)];
    const dTheta = new Array<number>(conceptCount).fill(0);
    const expected = uValues.map((value, i) => {
      const k = i % conceptCount;
      const t = thresholds[k];
      if (Math.abs(value - t) < bandwidth / 2) dTheta[k] = dTheta[k] - (t / bandwidth) * g[i];
      return value > t ? value : 0;
    });
    run(activation, u).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    const [du, dt] = gradientsTo(activation, u, theta, upstream);
    du.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] === 0 ? 0 : g[i], 5);
    });
    dt.forEach((value, k) => {
      expect(value).toBeCloseTo(dTheta[k], 4);
    });
  });

  test("counts what is active, a share of the grid for maps, and moves thresholds by the rectangle kernel", () => {
    const conceptCount = shape.at(-1) as number;
    const activation = jumpRelu({ conceptCount, threshold: 0.3, bandwidth: 0.4 });
    const theta = parameter(activation, "activation.threshold");
    const u = normals(shape);
    const samples = shape[0] * sizeOf(shape.slice(1, -1));
    const count = activation.activeCount?.(densePreCodes(u)) as Scalar;
    expect(count.dataSync()[0]).toBeCloseTo(values(u).filter((value) => value > 0.3).length / samples, 4);
    const slope = grads((_: Tensor) => activation.activeCount?.(densePreCodes(u)) as Scalar)([theta])[0];
    const inWindow = values(u).filter((value) => Math.abs(value - 0.3) < 0.2).length;
    expect(values(slope).reduce((a, b) => a + b, 0)).toBeCloseTo(-inWindow / 0.4 / samples, 3);
  });
});

describe("batch top-k", () => {
  test("keeps B k of a batch in training, and at inference a threshold that does not look at the rest of the batch", () => {
    const activation = batchTopK({ k: 3 });
    const u = normals([8, 20]);
    const kept = run(activation, u, true);
    expect(kept.filter((value) => value !== 0)).toHaveLength(24);
    const smallest = Math.min(...kept.filter((value) => value !== 0));
    expect(values(parameter(activation, "activation.threshold"))[0]).toBeCloseTo(smallest, 6);
    const all = run(activation, u);
    const alone = run(activation, tensor(values(u).slice(0, 20), [1, 20]));
    expect(alone).toEqual(all.slice(0, 20));
    for (const value of alone) expect(value === 0 || value > smallest - 1e-6).toBe(true);
  });

  test("the threshold is a running mean, and negative entries never count", () => {
    const activation = batchTopK({ k: 2 });
    const threshold = parameter(activation, "activation.threshold");
    run(activation, tensor([[5, 4, -1, -2]]), true);
    run(activation, tensor([[3, 2, -1, -2]]), true);
    expect(values(threshold)[0]).toBeCloseTo(0.95 * 4 + 0.05 * 2, 5);
    expect(run(activation, tensor([[1, -3, -1, -2]]), true)).toEqual([1, 0, 0, 0]);
  });
});

const conceptRules = [3, { batch: 3 }, { threshold: 0.62, bandwidth: 0.1 }] as const;
const domainRules = [
  { density: 0.2 },
  { count: 4 },
  { density: 0.2, batch: true },
  { threshold: 0.9, bandwidth: 0.2 },
] as const;
const combinations = conceptRules.flatMap((concepts) =>
  domainRules.map((domain) => ({ concepts, domain, name: `${JSON.stringify(concepts)} of ${JSON.stringify(domain)}` })),
);

describe.each(combinations)("map sparsity $name", ({ concepts, domain }) => {
  const [batch, grid, size] = [4, [5, 6], 9] as const;
  const points = 30;
  const make = () => mapSparsity({ concepts, domain, conceptCount: size, energy: "rectified", energyGrid: "data" });
  const entries = Array.from(createRandom(1).normals(batch * points * size));
  const maps = () => tensor(entries, [batch, ...grid, size]);
  const map = (b: number, k: number) => Array.from({ length: points }, (_, n) => entries[(b * points + n) * size + k]);
  const energy = (b: number, k: number) => map(b, k).reduce((total, u) => total + Math.max(0, u) ** 2, 0) / points;

  function expectedCodes(): number[] {
    const pairs = Array.from({ length: batch * size }, (_, i) => ({ b: Math.floor(i / size), k: i % size }));
    const byEnergy = [...pairs].sort((p, q) => energy(q.b, q.k) - energy(p.b, p.k));
    const chosen =
      typeof concepts === "number"
        ? pairs.filter(({ b, k }) =>
            byEnergy
              .filter((p) => p.b === b)
              .slice(0, concepts)
              .some((p) => p.k === k),
          )
        : "batch" in concepts
          ? byEnergy.slice(0, batch * concepts.batch)
          : pairs.filter(({ b, k }) => Math.sqrt(energy(b, k)) > concepts.threshold);
    const all = chosen.flatMap(({ b, k }) => map(b, k).map((u, n) => ({ at: (b * points + n) * size + k, u, b, k })));
    const budget = "count" in domain ? domain.count : "density" in domain ? Math.ceil(domain.density * points) : 0;
    const kept =
      "threshold" in domain
        ? all.filter(({ u }) => u > domain.threshold)
        : "batch" in domain && domain.batch
          ? [...all].sort((p, q) => q.u - p.u).slice(0, chosen.length * budget)
          : chosen.flatMap(({ b, k }) =>
              all
                .filter((p) => p.b === b && p.k === k)
                .sort((p, q) => q.u - p.u)
                .slice(0, budget),
            );
    const codes = new Array<number>(entries.length).fill(0);
    for (const { at, u } of kept) codes[at] = Math.max(0, u);
    return codes;
  }

  test("keeps in training what plain loops keep, with the gradient there and nowhere else", () => {
    const [activation, a] = [make(), maps()];
    const expected = expectedCodes();
    expect(expected.some((value) => value !== 0)).toBe(true);
    run(activation, a, true).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
    const upstream = normals(a.shape, 3);
    const g = values(upstream);
    const f = (x: Tensor) => sum(mul(toDense(make().apply(densePreCodes(x), { training: true })), upstream));
    values(grads(f)([a])[0]).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] === 0 ? 0 : g[i], 5);
    });
  });

  test("is made again by its config, keeps its codes at inference after training, and leaks nothing", () => {
    const [activation, a] = [make(), maps()];
    expect(activationFromConfig(activation.toConfig(), { conceptCount: size }).toConfig()).toEqual(
      activation.toConfig(),
    );
    const trained = run(activation, a, true);
    const later = run(activation, a);
    // Thresholds that a batch set let through what that batch kept, but for the smallest itself.
    const differing = trained.filter((value, i) => Math.abs(value - later[i]) > 1e-5).length;
    expect(differing).toBeLessThanOrEqual(points);
    const before = memory().numTensors;
    const codes = tidied(() => activation.apply(densePreCodes(a), { training: true }));
    disposeCodes(codes);
    expect(memory().numTensors).toBe(before);
  });
});

test("a learned threshold on the norm of a map has the pseudo-derivative of jumprelu", () => {
  const [theta, bandwidth, size] = [0.65, 0.3, 5];
  const a = normals([3, 8, size]);
  const upstream = normals([3, 8, size], 4);
  const activation = mapSparsity({
    concepts: { threshold: theta, bandwidth },
    conceptCount: size,
    energy: "rectified",
    energyGrid: "data",
  });
  const [, found] = gradientsTo(activation, a, parameter(activation, "activation.normThreshold"), upstream);
  const [u, g] = [values(a), values(upstream)];
  const expected = new Array<number>(size).fill(0);
  for (let b = 0; b < 3; b++) {
    for (let k = 0; k < size; k++) {
      const map = Array.from({ length: 8 }, (_, n) => ({
        z: Math.max(0, u[(b * 8 + n) * size + k]),
        g: g[(b * 8 + n) * size + k],
      }));
      const norm = Math.sqrt(map.reduce((total, { z }) => total + z * z, 0) / 8);
      if (Math.abs(norm - theta) < bandwidth / 2)
        expected[k] = expected[k] - map.reduce((total, one) => total + one.z * one.g, 0) / bandwidth;
    }
  }
  found.forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k], 4);
  });
});

describe("sparsemax", () => {
  test("is the nearest point of the simplex, and its gradient is centered over what is active", () => {
    const u = normals([5, 7]);
    const z = values(sparsemax(u));
    const upstream = values(normals([5, 7], 2));
    const gradient = values(grads((x: Tensor) => sum(mul(sparsemax(x), tensor(upstream, [5, 7]))))([u])[0]);
    for (let b = 0; b < 5; b++) {
      const row = (x: number[]) => x.slice(b * 7, b * 7 + 7);
      const [codes, pre] = [row(z), row(values(u))];
      expect(codes.reduce((s, value) => s + value, 0)).toBeCloseTo(1, 5);
      const active = codes.map((value) => value > 0);
      const taus = pre.filter((_, k) => active[k]).map((value, i) => value - codes.filter((c) => c > 0)[i]);
      // One threshold for all that is active, above all that is not.
      for (const tau of taus) expect(tau).toBeCloseTo(taus[0], 5);
      pre.forEach((value, k) => {
        if (!active[k]) expect(value).toBeLessThanOrEqual(taus[0] + 1e-5);
      });
      const count = active.filter(Boolean).length;
      const mean = row(upstream).reduce((s, value, k) => s + (active[k] ? value : 0), 0) / count;
      row(gradient).forEach((value, k) => {
        expect(value).toBeCloseTo(active[k] ? row(upstream)[k] - mean : 0, 5);
      });
    }
  });

  test("with a larger scale fewer are active", () => {
    const u = normals([50, 30]);
    const active = (scale: number) => run(spade({ scale }), u).filter((value) => value > 0).length;
    expect(active(10)).toBeLessThan(active(1));
    expect(active(1)).toBeLessThan(active(0.1));
  });
});

test("a selection bias changes which concepts are chosen, and never their values", () => {
  const a = abs(normals([6, 4, 5]));
  const inner = mapSparsity({ concepts: 2, energy: "rectified", energyGrid: "data" });
  const activation = balanced(inner, { conceptCount: 5 });
  expect(run(activation, a)).toEqual(run(inner, a));
  activation.selectionBias.assign(tensor([10, -10, -10, -10, 9]));
  const codes = run(activation, a);
  codes.forEach((value, i) => {
    expect(value).toBeCloseTo([0, 4].includes(i % 5) ? Math.max(0, values(a)[i]) : 0, 6);
  });
  const scalar = balanced(topK({ k: 1 }), { conceptCount: 3 });
  scalar.selectionBias.assign(tensor([0, 4, 0]));
  expect(run(scalar, tensor([[3, 1, 2]]))).toEqual([0, 1, 0]);
});

test("NaN is an error wherever something is selected", () => {
  const activations = [
    topK({ k: 1 }),
    batchTopK({ k: 1 }),
    jumpRelu({ conceptCount: 3 }),
    hardThreshold({ threshold: 0.1 }),
    hardThreshold({ threshold: 0.1, oneSided: true }),
    softThreshold({ threshold: 0.1 }),
  ];
  for (const activation of activations) {
    expect(() => run(activation, tensor([[1, Number.NaN, 2]]), true)).toThrow(/NaN among the values/);
  }
  const maps = tensor([1, 2, Number.NaN, 4, 5, 6], [1, 3, 2]);
  for (const { concepts, domain } of combinations) {
    const few = typeof concepts === "number" ? 1 : "batch" in concepts ? { batch: 1 } : concepts;
    const activation = mapSparsity({ concepts: few, domain, conceptCount: 2 });
    expect(() => run(activation, maps, true), JSON.stringify([concepts, domain])).toThrow(/NaN/);
  }
});

test("options out of range are refused by name", () => {
  expect(() => jumpRelu({ conceptCount: 0 })).toThrow(/conceptCount must be a positive integer/);
  expect(() => jumpRelu({ conceptCount: 2, threshold: 0 })).toThrow(/threshold must be a number above 0/);
  expect(() => hardThreshold({ threshold: -1 })).toThrow(/threshold must be a number of at least 0/);
  expect(() => mapSparsity({ concepts: { threshold: 0.1 } })).toThrow(/Learned thresholds need conceptCount/);
  expect(() => run(batchTopK({ k: 1 }), normals([1, 2, 2]), true)).toThrow(/concepts: \{ batch: k \}/);
});
