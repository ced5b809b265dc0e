import { expect, test } from "vitest";
import { planted, plantedFaults } from "../targets/planted.ts";
import { guardAllocations } from "./allocations.ts";
import { inputOf, runInput } from "./run-input.ts";

const guard = guardAllocations();

const expected: Readonly<Record<string, { accepted: boolean; faults: readonly RegExp[] }>> = {
  fine: { accepted: true, faults: [] },
  refused: { accepted: false, faults: [/a whole file was refused/] },
  foreign: { accepted: false, faults: [/not an error of ours: TypeError/, /a whole file was refused/] },
  silent: { accepted: true, faults: [/accepted, but it says something else/] },
  unnamed: { accepted: false, faults: [/names no file/, /a whole file was refused/] },
  pollutes: { accepted: true, faults: [/pollution: Object.prototype has planted/] },
  memory: { accepted: false, faults: [/memory: Float32Array of 3815 MB/] },
};

test.each(Object.entries(expected))("a planted fault: %s", async (kind, { accepted, faults }) => {
  const prepared = await planted.prepare();
  const number = plantedFaults.map(String).indexOf(kind);
  const outcome = await runInput(inputOf(prepared, planted, 0, number), true, { guard });
  expect(outcome.accepted).toBe(accepted);
  expect(outcome.faults).toHaveLength(faults.length);
  for (const [i, fault] of faults.entries()) expect(outcome.faults[i]).toMatch(fault);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
