import type { Random } from "@saeno/backend";
import { pick } from "../target.ts";

/** Numbers at which code goes wrong. */
export const oddNumbers = [
  0,
  1,
  -1,
  -0,
  2,
  0.5,
  1e-30,
  255,
  256,
  65_536,
  1e6,
  2e7,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e30,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

/** Keys that objects have without being given them, and others that nobody expects. */
export const oddKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "length",
  "kind",
  "",
  " ",
  "\u0000",
  "\u001b[31mred",
  "../../x",
  "é",
  "\ud800",
];

const oddTexts = [...oddKeys, "NaN", "1e999", "true", "null", "{}", "[1]", "1x2", "x".repeat(5000), "🙂"];

/** A value of any type. */
export function oddValue(random: Random): unknown {
  switch (random.integer(8)) {
    case 0:
    case 1:
    case 2:
      return pick(oddNumbers, random);
    case 3:
      return pick(oddTexts, random);
    case 4:
      return pick([null, true, false], random);
    case 5:
      return pick<readonly unknown[]>([[], [[]], [null], [0], [1, 2, 3], ["a"], [{}], [-1], [1e308]], random);
    case 6:
      return { [pick(oddKeys, random)]: pick(oddNumbers, random) };
    default:
      return JSON.parse(
        pick(
          [
            "{}",
            '{"__proto__":{"polluted":1}}',
            '{"constructor":{"prototype":{"polluted":1}}}',
            '{"kind":"toString"}',
            '{"kind":"__proto__"}',
            '{"kind":"topk"}',
            '{"length":4294967295}',
            '{"toString":1,"valueOf":1}',
            '{"then":1}',
          ],
          random,
        ),
      );
  }
}
