import { expect, test } from "vitest";
import { report, trainingTable } from "./report.ts";
import type { KitResults } from "./results.ts";

const nothing: KitResults = { facts: {}, training: [], conformance: "", bench: [], profiles: [], failures: [] };

test("a report has the sections there is something to say in, and what failed", () => {
  const text = report({ ...nothing, facts: { card: "a card" }, failures: ["bench of fno-img did not end in 60 s"] });
  expect(text).toBe("## Machine\n\n- card: a card\n\n## Failures\n\n- bench of fno-img did not end in 60 s\n");
});

test("losses stand side by side up to the last step, and a backend that ended early has gaps", () => {
  const table = trainingTable([
    { backend: "webgpu", losses: [0.5, 0.4, 0.3, 0.2], seconds: 2 },
    { backend: "wasm", losses: [0.5, 0.4], seconds: 1 },
  ]);
  const cells = table.split("\n").map((row) => row.split("|").map((cell) => cell.trim()));
  expect(cells.map((row) => row.slice(1, 4)).filter((_, i) => i !== 1)).toEqual([
    ["step", "loss on webgpu", "loss on wasm"],
    ["1", "0.500000", "0.500000"],
    ["2", "0.400000", "0.400000"],
    ["3", "0.300000", ""],
    ["4", "0.200000", ""],
    ["steps a second", "2.0", "2.0"],
  ]);
});

test("a profile names the three programs that take the GPU longest", () => {
  const programs = [5000, 400, 30, 2].map((microseconds, i) => ({ program: `p${i}`, count: i + 1, microseconds }));
  const counts = { dispatches: 9, reads: 0, submits: 1 };
  const text = report({
    ...nothing,
    profiles: [{ name: "fno-img", ...counts, hostMs: 3, totalMs: 4, gpuMs: 5.432, programs }],
  });
  expect(text).toMatch(/fno-img +\| 9 .*\| 1 of p0: 5\.00; 2 of p1: 0\.40; 3 of p2: 0\.03 +\|/);
});
