import { createRandom } from "@saeno/backend";
import { describe, expect, test } from "vitest";
import { mutateBytes } from "./mutate-bytes.ts";
import { mutateJson } from "./mutate-json.ts";
import { mutateText } from "./mutate-text.ts";

const numbers = Array.from({ length: 600 }, (_, i) => i);
const streamOf = (number: number) => createRandom(1).split(String(number));

describe("bytes", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);

  test("the same stream makes the same file, and the file it is made of stays as it is", () => {
    for (const number of numbers) {
      const [once, again] = [mutateBytes(bytes, streamOf(number)), mutateBytes(bytes, streamOf(number))];
      expect(again).toEqual(once);
    }
    expect(bytes).toEqual(Uint8Array.from({ length: 300 }, (_, i) => i));
  });

  test("every kind of damage is done, and what is only cut is said", () => {
    const all = numbers.map((number) => mutateBytes(bytes, streamOf(number), [bytes.slice(0, 100)]));
    for (const kind of ["flipped", "set to", "cut off", "inserted", "removed", "repeated", "another file", "copied"])
      expect(all.some(({ changes }) => changes.some((change) => change.includes(kind)))).toBe(true);
    for (const { bytes: cut } of all.filter(({ isCut }) => isCut)) {
      expect(cut.length).toBeLessThan(bytes.length);
      expect(cut).toEqual(bytes.slice(0, cut.length));
    }
  });

  test("an empty file, and one of a single byte, can be damaged too", () => {
    for (const number of numbers) {
      mutateBytes(new Uint8Array(0), streamOf(number));
      mutateBytes(Uint8Array.of(7), streamOf(number));
    }
  });
});

describe("documents", () => {
  const document = { a: 1, b: [1, 2, { c: "text" }], d: { e: null, f: true } };

  test("the same stream makes the same text, and the document stays as it is", () => {
    for (const number of numbers) {
      const [once, again] = [mutateJson(document, streamOf(number)), mutateJson(document, streamOf(number))];
      expect(again).toEqual(once);
    }
    expect(document).toEqual({ a: 1, b: [1, 2, { c: "text" }], d: { e: null, f: true } });
  });

  test("keys stand twice, nesting is deep, keys are __proto__, and numbers are what no JSON has", () => {
    const texts = numbers.map((number) => mutateJson(document, streamOf(number)).text);
    for (const part of [/"a":.*"a":/, /\[{20000}/, /"__proto__":/, /:NaN/, /1e\+308/])
      expect(texts.some((text) => part.test(text))).toBe(true);
  });

  test("what is called broken is refused by the standard, or a key given twice or too deep", () => {
    for (const number of numbers) {
      const { text, broken } = mutateJson(document, streamOf(number));
      if (broken !== undefined) expect(broken).toMatch(/twice|deeper/);
      expect(text.length).toBeGreaterThanOrEqual(0);
    }
  });
});

test("settings: the same stream makes the same text, and words that are known come in", () => {
  const make = (number: number) => mutateText("npy:a.npy,axes=x", streamOf(number), ["layout"]).text;
  for (const number of numbers) expect(make(number)).toBe(make(number));
  expect(numbers.some((number) => make(number).includes("layout"))).toBe(true);
});
