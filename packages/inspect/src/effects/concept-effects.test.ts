import { expect, test } from "vitest";
import { encodeEffects, findEffects, type KeptEffects, readEffects, withEffects } from "./concept-effects.ts";

const removed: KeptEffects = {
  ...{
    model: "a",
    data: { kind: "network", network: "net#layer", source: "images:photographs" },
    seed: 0,
    network: "net",
    layer: "layer",
    output: "y",
  },
  ...{ edit: { factor: 0 }, samples: 4, pairs: 9, rankCorrelation: 0.8, channelNames: ["cat", "dog"] },
  concepts: [
    {
      concept: 3,
      samples: 2,
      effect: -0.1,
      change: 0.2,
      attribution: -0.3,
      sample: 1,
      channels: [{ channel: 1, share: 0.9, direction: -1 }],
    },
  ],
};

test("effects are found again by what they were computed from, and nothing else", () => {
  const moved = { ...removed, edit: { move: [0, 2] } };
  const kept = withEffects(withEffects([], removed), moved);
  const read = readEffects(new TextEncoder().encode(encodeEffects(kept)), "effects.json");
  expect(read).toEqual([moved, removed]);
  for (const each of [removed, moved]) expect(findEffects(read, each)).toEqual(each);
  expect(findEffects(read, { ...removed, output: undefined })).toEqual(removed);
  expect(findEffects([{ ...removed, all: true }], { ...removed, samples: 9 })?.samples).toBe(4);
  expect(findEffects([{ ...removed, all: true }], { ...removed, samples: 3 })).toBeUndefined();
  const others = [
    { model: "b" },
    { data: { kind: "network", network: "other" } },
    { seed: 1 },
    { samples: 5 },
    { output: "z" },
    { edit: { factor: 1 } },
  ];
  for (const other of others) expect(findEffects(read, { ...removed, ...other })).toBeUndefined();
});

test("what is measured again takes the place of what was there; that of another model goes", () => {
  const again = { ...removed, concepts: [] };
  expect(withEffects([removed], again)).toEqual([again]);
  expect(withEffects([removed], { ...removed, model: "b" })).toHaveLength(1);
  expect(() => readEffects(new TextEncoder().encode('{"format":"saeno-effects"}'), "x")).toThrow(
    /x is damaged: effects/,
  );
});
