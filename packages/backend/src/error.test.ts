import { expect, test } from "vitest";
import { machineProblem, messageOf, SaenoError } from "./error.ts";

test("an error from another copy of the package is recognized, an ordinary one is not", async () => {
  const own = new SaenoError("some.code", "message", { kind: "data", cause: "reason" });
  expect(SaenoError.isInstance(own)).toBe(true);
  expect(own).toMatchObject({ name: "SaenoError", code: "some.code", kind: "data", cause: "reason" });

  const copy = Object.assign(new Error("from a copy"), { [Symbol.for("saeno.error")]: true });
  expect(copy).not.toBeInstanceOf(SaenoError);
  expect(SaenoError.isInstance(copy)).toBe(true);

  for (const other of [new Error("plain"), { code: "some.code" }, "text", null, undefined]) {
    expect(SaenoError.isInstance(other)).toBe(false);
  }
});

test("an error is about usage unless it says otherwise", () => {
  const error = new SaenoError("some.code", "message");
  expect(error.kind).toBe("usage");
  expect("cause" in error).toBe(false);
});

test("what the machine could not do is said in words, and nothing else is taken for that", () => {
  const system = (code: string) => Object.assign(new Error(`${code}: words of the system, open 'x'`), { code });
  expect(messageOf(system("ENOSPC"))).toBe("the disk is full");
  expect(messageOf(system("ELOOP"))).toMatch(/in a circle/);
  expect(machineProblem(system("constructor"))).toBeUndefined();
  const thrownBy = (work: () => unknown) => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  for (const work of [() => new Float32Array(1e12), () => new ArrayBuffer(1e15), () => "x".repeat(2 ** 30)])
    expect(machineProblem(thrownBy(work))).toBe("there is not enough memory");
  for (const work of [() => new Float32Array(-5), () => new DataView(new ArrayBuffer(4)).getFloat64(0)])
    expect(machineProblem(thrownBy(work))).toBeUndefined();
  expect([messageOf(new Error("plain")), messageOf("text")]).toEqual(["plain", "text"]);
});
