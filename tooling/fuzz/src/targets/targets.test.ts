import { describe, expect, test } from "vitest";
import { inputOf, runInput } from "../engine/run-input.ts";
import { fuzzTargets } from "./targets.ts";

describe.each(fuzzTargets.map((target) => [target.name, target] as const))("%s", (_, target) => {
  test("reads its whole files, and an input is the same every time", async () => {
    const prepared = await target.prepare();
    for (const input of prepared.whole) expect((await runInput(input, true)).faults).toEqual([]);
    for (let number = prepared.whole.length; number < prepared.whole.length + 20; number++) {
      const [once, again] = [inputOf(prepared, target, 5, number), inputOf(prepared, target, 5, number)];
      expect(again.files).toEqual(once.files);
      expect(once.changes.length).toBeGreaterThan(0);
      await runInput(once, false);
    }
    await prepared.close?.();
  });
});

test("names are different", () => {
  expect(new Set(fuzzTargets.map(({ name }) => name)).size).toBe(fuzzTargets.length);
});
