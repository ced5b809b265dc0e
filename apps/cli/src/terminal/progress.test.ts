import { PassThrough } from "node:stream";
import { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { formatSeconds, type ProgressKind, type Teller, tellers } from "./progress.ts";

const start = new Date(2026, 10, 26, 14, 3, 5).getTime();
let time = start;
beforeEach(() => {
  time = start;
});

/** A teller on a stream, and the lines on it so far. */
function telling(kind: ProgressKind, properties: object = {}): { teller: Teller; written: () => string } {
  const stream = Object.assign(new PassThrough(), properties);
  const chunks: string[] = [];
  stream.on("data", (chunk) => chunks.push(String(chunk)));
  return { teller: tellers[kind]({ stream, now: () => time }), written: () => chunks.join("") };
}

/** Steps of a second each. */
function work({ progress }: Teller, steps: number, begun = 0, until = steps): void {
  const { update, stop } = progress("train", steps, begun);
  for (let step = begun + 1; step <= until; step++) {
    time += 1000;
    update(step, `loss ${step}`, { loss: step });
  }
  stop();
}

describe("lines", () => {
  it("come with the first part, every 30 s, and at the end, with date, time and the time that is left", () => {
    const { teller, written } = telling("lines");
    work(teller, 70);
    expect(written().split("\n")).toEqual([
      "2026-11-26 14:03:06  train 1/70  loss 1  ETA 69 s",
      "2026-11-26 14:03:36  train 31/70  loss 31  ETA 39 s",
      "2026-11-26 14:04:06  train 61/70  loss 61  ETA 9 s",
      "2026-11-26 14:04:15  train 70/70  loss 70",
      "",
    ]);
  });

  it("end where work was cut off, and the time that is left is that of the parts since it began again", () => {
    const { teller, written } = telling("lines");
    work(teller, 1000, 900, 905);
    expect(written().split("\n").slice(0, -1)).toEqual([
      "2026-11-26 14:03:06  train 901/1000  loss 901  ETA 1 min 39 s",
      "2026-11-26 14:03:10  train 905/1000  loss 905  ETA 1 min 35 s",
    ]);
  });

  it("are messages as they are, and warnings and errors marked, without what steers a terminal", () => {
    const { teller, written } = telling("lines");
    teller.say("on \u001b[2J");
    teller.say("odd", "warning");
    teller.error("bad\n thing", ["see there"]);
    expect(written()).toBe("on  [2J\nwarning: odd\nsaeno: bad thing\nsee there\n");
  });
});

it("json is an object a line, of progress at most one a second, with numbers", () => {
  const { teller, written } = telling("json");
  teller.say("\non \u202e", undefined);
  teller.say("odd", "warning");
  const { update, stop } = teller.progress("train", 3);
  for (const [step, after] of [400, 400, 400].entries()) {
    time += after;
    update(step + 1, "some", { loss: step === 1 ? 0 : Number.NaN });
  }
  stop();
  teller.error("bad", ["at: \n there"]);
  const lines = written().split("\n").slice(0, -1);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { time: new Date(start).toISOString(), event: "message", message: "on \u202e" },
    { time: new Date(start).toISOString(), event: "warning", message: "odd" },
    {
      time: new Date(start + 400).toISOString(),
      event: "progress",
      label: "train",
      done: 1,
      total: 3,
      eta: 0.8,
      detail: "some",
      numbers: { loss: null },
    },
    expect.objectContaining({ event: "progress", done: 3, eta: 0, numbers: { loss: null } }),
    expect.objectContaining({ event: "error", message: "bad", notes: ["at: \n there"] }),
  ]);
  expect(lines[0]).toContain("\\u202e");
});

it("none is warnings and errors", () => {
  const { teller, written } = telling("none");
  work(teller, 3);
  teller.say("on");
  teller.say("odd", "warning");
  teller.error("bad");
  expect(written()).toBe("warning: odd\nsaeno: bad\n");
});

describe("a bar", () => {
  it("leaves an interrupt to those who mind it, and is gone where nobody does", () => {
    const kill = vi.spyOn(process, "kill").mockReturnValue(true);
    try {
      const others = process.listeners("SIGINT");
      process.removeAllListeners("SIGINT");
      const minds = vi.fn(() => process.removeListener("SIGINT", minds));
      process.on("SIGINT", minds);
      const { teller, written } = telling("bar", { isTTY: true, columns: 200 });
      const { stop } = teller.progress("a", 2);
      process.emit("SIGINT");
      expect([minds.mock.calls.length, kill.mock.calls.length]).toEqual([1, 0]);
      process.emit("SIGINT");
      expect(kill).toHaveBeenCalledWith(process.pid, "SIGINT");
      expect(written()).toContain("\u001b[?25h");
      stop();
      for (const other of others) process.on("SIGINT", other);
    } finally {
      kill.mockRestore();
    }
  });

  it("shows the last part, below whatever is said meanwhile; and others beside it", () => {
    vi.useFakeTimers();
    try {
      const before = process.listenerCount("SIGINT");
      const { teller, written } = telling("bar", { isTTY: true, columns: 200 });
      const [one, other] = [teller.progress("a {value}", 2), teller.progress("b", 4, 2)];
      time += 1000;
      one.update(1, "loss 1");
      teller.say("between");
      other.update(3);
      one.update(2, "loss 2");
      one.stop();
      other.update(4);
      other.stop();
      other.stop();
      expect(written()).toMatch(/a \{value\} \S+ 1\/2 ETA 1 s loss 1/);
      expect(written()).toMatch(/between\n/);
      expect(written()).toMatch(/b \S+ 4\/4 .*\n[^\n]*$/);
      expect(process.listenerCount("SIGINT")).toBe(before);
      teller.say("after");
      expect(written()).toMatch(/after\n$/);
    } finally {
      vi.useRealTimers();
    }
  });
});

it.each([
  [0, "0 s"],
  [89.2, "90 s"],
  [119.8, "2 min 0 s"],
  [3725, "62 min 5 s"],
  [7500, "2 h 5 min"],
])("%d seconds are %s", (seconds, words) => {
  expect(formatSeconds(seconds)).toBe(words);
});

describe("colors", () => {
  const told = (terminal: object) => {
    const { teller, written } = telling("lines", terminal);
    teller.say("dead concepts", "warning");
    teller.error("no such file");
    return written();
  };

  it("are for terminals that have them, which NO_COLOR takes away", () => {
    const plain = "warning: dead concepts\nsaeno: no such file\n";
    expect(told({})).toBe(plain);
    expect(told({ hasColors: () => false })).toBe(plain);
    const colored = told({ hasColors: () => true });
    expect(colored).not.toBe(plain);
    expect(stripVTControlCharacters(colored)).toBe(plain);
    const { hasColors, getColorDepth } = WriteStream.prototype;
    expect(hasColors.call({ getColorDepth }, 16, { TERM: "xterm", NO_COLOR: "1" })).toBe(false);
  });
});
