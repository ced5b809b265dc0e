import { expect, test } from "vitest";
import { SaenoError } from "./error.ts";

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
