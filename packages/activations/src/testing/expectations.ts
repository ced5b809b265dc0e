import { abs, max, memory, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** The `test` of vitest, jest, node:test, or anything that runs a function by name. */
export type TestFunction = (name: string, run: () => void | Promise<void>) => unknown;

export function expectThat(holds: boolean, message: () => string): void {
  if (!holds) throw new Error(message());
}

/** That two configurations say the same, in whatever order. */
export function expectSame(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [found, expected].map((value) => JSON.stringify(sorted(value)));
  expectThat(one === other, () => `${what}: ${other} became ${one}.`);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** That two tensors have one shape and differ by at most a share of the largest expected entry. */
export function expectClose(what: string, found: Tensor, expected: Tensor, tolerance = 1e-4): void {
  const shapes = () => `${what}: the shape is [${found.shape.join(", ")}], not [${expected.shape.join(", ")}].`;
  expectThat(found.shape.join() === expected.shape.join(), shapes);
  if (expected.size === 0) return;
  const [difference, size] = tidy(() => [
    max(abs(sub(found, expected))).dataSync()[0],
    max(abs(expected)).dataSync()[0],
  ]);
  const bound = tolerance * Math.max(size, 1e-6);
  expectThat(difference <= bound, () => `${what}: entries differ by ${difference} where ${bound} is allowed.`);
}

/** That a piece of work disposes whatever it makes. */
export function expectNoLeaks(what: string, work: () => void): void {
  // What is made once and kept, such as tables, is not a leak.
  work();
  const before = memory().numTensors;
  work();
  const left = memory().numTensors - before;
  expectThat(left === 0, () => `${what} leaves ${left} tensors behind.`);
}
