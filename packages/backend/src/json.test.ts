import { describe, expect, test } from "vitest";
import { parseJson } from "./json.ts";

const read = (content: string | Uint8Array) => parseJson(content, "it.json");
const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

describe("JSON", () => {
  test.each([
    "{}",
    "[]",
    " [1, -0.5e-3 , 1E+2, 0]\r\n",
    '{"a": {"b": [true, false, null]}, "": "\\u00e9\\n\\"\\\\ü", "__proto__": {"x": 1}}',
    '"text"',
    "-12",
  ])("is read as JSON.parse reads it: %s", (text) => {
    expect(read(text)).toEqual(JSON.parse(text));
    expect(read(bytes([0xef, 0xbb, 0xbf], text))).toEqual(JSON.parse(text));
    expect(read(`\uFEFF${text}`)).toEqual(JSON.parse(text));
  });

  test("of Python has numbers that the standard lacks", () => {
    expect(read('{"a": NaN, "b": [Infinity, -Infinity]}')).toEqual({ a: Number.NaN, b: [1 / 0, -1 / 0] });
  });

  test("sets no prototype", () => {
    expect(Object.getPrototypeOf(read('{"__proto__": {"x": 1}}'))).toBe(Object.prototype);
  });

  test.each([
    ["", /^it\.json is empty/],
    ["  \n", /is empty/],
    ['{"a": 1,\r\n "b" 2}', /not valid JSON, line 2, column 6: expected a colon after "b"; got "2}"/],
    ['{"a": 1, "a": 2}', /line 1, column 10: the key "a" is given twice/],
    ['{"a": 1', /at its end, line 1: expected a comma or }/],
    ["[1, 2,]", /column 7: expected a value/],
    ["[1 2]", /column 4: expected a comma or \]/],
    ["{a: 1}", /expected a key in quotes/],
    ["{'a': 1}", /expected a key in quotes/],
    ['"a', /a text in quotes has no end/],
    ['"a\n"', /line break/],
    ['"\\x"', /backslash that means nothing/],
    ["01", /expected a value/],
    ["+1", /expected a value/],
    ["1.", /expected a value/],
    ["nan", /expected a value/],
    ["constructor", /expected a value/],
    ["[] []", /expected nothing after the end/],
    ["[".repeat(20_000), /nested more than 200 deep/],
    ['{"a":'.repeat(20_000), /nested more than 200 deep/],
    ["<!doctype html>", /line 1, column 1: expected a value; got "<!doctype ht"/],
  ])("that is wrong is an error that says where: %#", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test("in another encoding is named as that", () => {
    expect(() => read(bytes([0xff, 0xfe], [0x7b, 0, 0x7d, 0]))).toThrow(/is UTF-16 text; JSON is UTF-8/);
    expect(() => read(bytes([0xfe, 0xff], [0, 0x7b]))).toThrow(/UTF-16/);
    expect(() => read(bytes([0x22, 0xe9, 0x22]))).toThrow(/not text in UTF-8/);
  });

  test("is read whole or not at all: random damage is an error of ours", () => {
    const text = JSON.stringify({ seed: 1, data: { kind: "npy", file: "a.npy" }, list: [1, 2.5, "x"] });
    let state = 1;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let i = 0; i < 5000; i++) {
      const at = random(text.length);
      const damaged = text.slice(0, at) + String.fromCharCode(random(128)) + text.slice(at + random(3));
      let expected: unknown;
      try {
        expected = JSON.parse(damaged);
      } catch {
        expect(() => read(damaged)).toThrow(/^it\.json is/);
        continue;
      }
      try {
        expect(read(damaged)).toEqual(expected);
      } catch (error) {
        expect(String(error)).toMatch(/is given twice/);
      }
    }
  });
});
