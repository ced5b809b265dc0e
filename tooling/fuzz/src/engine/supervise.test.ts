import { expect, test } from "vitest";
import { plantedFaults } from "../targets/planted.ts";
import { faultLines, tallyTable } from "./fault-report.ts";
import { planJobs } from "./plan-jobs.ts";
import { supervise } from "./supervise.ts";

test("a process that hangs or dies is found at its input, and all others are read", async () => {
  const inputs = 40;
  const tallies = await supervise([{ target: "planted", seed: 0, from: 0, to: inputs }], {
    jobs: 1,
    limitSeconds: 2,
    program: new URL("../../dist/fuzz-child.js", import.meta.url),
  });
  const tally = tallies.get("planted");
  expect(tally).toMatchObject({ inputs, hangs: 1, others: 2, refused: 2, codes: { "planted.format": 2 } });
  const lines = faultLines(tallies, 0).join("\n");
  for (const [kind, fault] of [
    ["hangs", /planted: hang: longer than 2 s/],
    ["dies", /planted: crash: the process ended/],
    ["silent", /planted: accepted, but it says something else/],
    ["memory", /planted: memory: Float32Array of 3815 MB/],
    ["foreign", /planted: not an error of ours/],
    ["pollutes", /planted: pollution/],
  ] as const) {
    expect(lines).toMatch(fault);
    expect(lines).toContain(`--only planted --seed 0 --input ${plantedFaults.indexOf(kind)}`);
  }
  expect(tallyTable(tallies)).toMatch(/\| planted +\| +40 /);
});

test("jobs cover every input of every target once, and no job is long", () => {
  const targets = ["a", "b"].map((name, i) => ({
    name,
    summary: "",
    share: i + 1,
    prepare: async () => ({ whole: [], damaged: () => ({ files: {}, changes: [], read: async () => {} }) }),
  }));
  const jobs = planJobs(targets, 90_000, 3);
  for (const [name, count] of [
    ["a", 30_000],
    ["b", 60_000],
  ] as const) {
    const own = jobs.filter(({ target }) => target === name);
    expect(own[0].from).toBe(0);
    expect(own.at(-1)?.to).toBe(count);
    for (const [i, { from, to }] of own.entries()) {
      if (i > 0) expect(from).toBe(own[i - 1].to);
      expect(to - from).toBeLessThanOrEqual(20_000);
    }
  }
});
