import { expect, test } from "vitest";
import { Interrupted, interruptible } from "./interruptible.ts";

test("a signal that arrives twice, as what starts programs passes it on, interrupts work once and does not end it", async () => {
  const told: string[] = [];
  const work = interruptible(
    (signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => setTimeout(() => resolve(signal.reason), 200));
      }),
    { onInterrupt: (name) => told.push(name) },
  );
  process.kill(process.pid, "SIGHUP");
  setTimeout(() => process.kill(process.pid, "SIGHUP"), 70);
  const reason = await work;
  expect(reason instanceof Interrupted && reason.status).toBe(129);
  expect(told).toEqual(["SIGHUP"]);
});
