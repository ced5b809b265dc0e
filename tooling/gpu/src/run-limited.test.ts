import { expect, test } from "vitest";
import { runLimited } from "./run-limited.ts";
import { timeBudget } from "./time-budget.ts";

test("what ends in time gives its output, and its status where that is not 0", async () => {
  const said: string[] = [];
  const script = 'console.log("out"); console.error("on the way"); process.exitCode = Number(process.argv[1])';
  const run = (status: string) =>
    runLimited(process.execPath, ["-e", script, status], { seconds: 60, log: (text) => said.push(text) });
  expect(await run("0")).toEqual({ output: "out\n" });
  expect(await run("3")).toEqual({ output: "out\n", failure: "ended with 3" });
  expect(said.join("")).toMatch(/on the way/);
  expect((await runLimited("/no/such/program", [], { seconds: 60 })).failure).toMatch(/ENOENT/);
});

test("what hangs is killed with what it started, and what it said is kept", async () => {
  const script = "echo first; sleep 600 & sleep 600";
  const started = performance.now();
  expect(await runLimited("sh", ["-c", script], { seconds: 1 })).toEqual({
    output: "first\n",
    failure: "did not end in 1 s",
  });
  expect(performance.now() - started).toBeLessThan(60_000);
});

test("a section gets what it wants, less what those after it need, and nothing once the time is over", () => {
  let now = 100;
  const budget = timeBudget(50, () => now);
  expect([budget.allow(20), budget.allow(60), budget.allow(60, 15)]).toEqual([20, 50, 35]);
  now = 145.5;
  expect([budget.allow(20), budget.allow(20, 10)]).toEqual([4, 0]);
  now = 200;
  expect(budget.allow(20)).toBe(0);
});
