import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { followRuns } from "./follow-runs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saeno-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A line of metrics.jsonl: two steps a second. */
const line = (step: number, loss: number | null = 1 / step) =>
  `${JSON.stringify({ step, loss, relativeError: loss, learningRate: 0.1, activeConcepts: 5, deadConcepts: 1, seconds: step / 2 })}\n`;
const lines = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => line(first + i)).join("");

/** A run folder by hand, and how it is doing some seconds from now. */
function run(name: string) {
  const place = join(folder, name);
  let ahead = 0;
  const look = followRuns(place, { now: () => Date.now() + 1000 * ahead });
  return {
    place,
    write: async (file: string, content: unknown) => {
      await mkdir(place, { recursive: true });
      await writeFile(join(place, file), typeof content === "string" ? content : JSON.stringify(content));
    },
    append: (content: string) => appendFile(join(place, "metrics.jsonl"), content),
    remove: (file: string) => rm(join(place, file)),
    async status(seconds = 0) {
      ahead = seconds;
      return (await look()).runs[0];
    },
  };
}

const config = { training: { steps: 20 } };
/** No process has a number so large. */
const gone = { pid: 2 ** 30, host: hostname(), since: "" };

test("a run is followed from before it is there to its end; half lines wait for their other half", async () => {
  const { write, append, remove, status, place } = run("grows");
  expect(await status()).toEqual({ place, state: "waiting", step: 0, losses: [] });
  await write("lock", { ...gone, pid: process.pid });
  await write("config.json", config);
  expect(await status()).toMatchObject({ state: "running", step: 0, steps: 20 });
  const [half, other] = [line(3).slice(0, 20), line(3).slice(20)];
  await append(lines(1, 2) + half);
  expect(await status()).toEqual({
    place,
    state: "running",
    step: 2,
    steps: 20,
    losses: [1, 0.5],
    loss: 0.5,
    relativeError: 0.5,
    activeConcepts: 5,
    deadConcepts: 1,
    stepsPerSecond: 2,
    eta: 9,
  });
  await append(other + line(4, null));
  expect(await status()).toMatchObject({ step: 4, losses: [1, 0.5, 1 / 3, Number.NaN] });
  expect(await status(1e6)).toMatchObject({ state: "running" });
  await append(lines(5, 20));
  expect(await status()).toMatchObject({ state: "running", step: 20, eta: 0 });
  await write("summary.json", { interrupted: false });
  // Its report is being written.
  expect(await status()).toMatchObject({ state: "running" });
  await remove("lock");
  const finished = await status();
  expect(finished).toMatchObject({ state: "finished", step: 20 });
  expect(finished).not.toHaveProperty("eta");
});

test.each([["shorter than before", 3] as const, ["longer, with lines of other lengths", 12] as const])(
  "metrics that are cut back and grow again are read again: %s",
  async (name, until) => {
    const { write, append, status } = run(`cut ${name}`);
    await write("config.json", config);
    await write("metrics.jsonl", lines(1, 6));
    expect(await status()).toMatchObject({ step: 6 });
    await write("metrics.jsonl", line(1, 0.25) + lines(2, until));
    expect((await status()).losses).toEqual([0.25, ...Array.from({ length: until - 1 }, (_, i) => 1 / (i + 2))]);
    await append(line(until + 1));
    expect(await status()).toMatchObject({ step: until + 1 });
  },
);

test("a damaged line is passed over", async () => {
  const { write, append, status } = run("damaged");
  await write("metrics.jsonl", `${line(1)}\0\0\0\n${line(2)}[]\n`);
  expect(await status()).toMatchObject({ step: 2, losses: [1, 0.5] });
  await append(line(3));
  expect(await status()).toMatchObject({ step: 3, losses: [1, 0.5, 1 / 3] });
});

test("a run without end is stale where its process is gone for two minutes, interrupted where it let go", async () => {
  const { write, remove, status } = run("ends");
  await write("config.json", config);
  await write("metrics.jsonl", lines(1, 6));
  await write("lock", gone);
  expect((await status(100)).state).toBe("running");
  expect((await status(130)).state).toBe("stale");
  await remove("lock");
  expect((await status(1)).state).toBe("interrupted");
  await write("summary.json", { interrupted: true });
  expect((await status()).state).toBe("interrupted");
  // Resumed.
  await write("lock", { ...gone, pid: process.pid });
  expect((await status(130)).state).toBe("running");
});

test("all runs of a folder are followed, those that come later too, and a file is none", async () => {
  const look = followRuns(join(folder, "sweep"));
  const names = async () => (await look()).runs.map(({ place }) => place);
  expect(await look()).toMatchObject({ runs: [{ state: "waiting" }], isUnderway: true });
  const [a, b, c] = ["a", "b", "c"].map((name) => run(`sweep/runs/${name}`));
  await b.write("config.json", config);
  expect(await names()).toEqual([b.place]);
  await c.write("config.json", config);
  await a.write("config.json", config);
  expect(await names()).toEqual([a.place, b.place, c.place]);
  expect(await look()).toMatchObject({ isUnderway: false });
  await writeFile(join(folder, "sweep", "lock"), JSON.stringify({ ...gone, pid: process.pid }));
  expect(await look()).toMatchObject({ isUnderway: true });
  await expect(followRuns(join(a.place, "config.json"))()).rejects.toThrow(/is a file/);
});
