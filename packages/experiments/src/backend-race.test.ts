import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackendPlugin, cpuBackend, defineBackend } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { memory as memoryInfo } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  type BackendRace,
  challengerWins,
  fasterBackend,
  measuredModels,
  pageMemory,
  type RaceMemory,
  raceBackends,
  recallRace,
  rememberRace,
  type StepTimes,
  stepTimes,
  takesChallenger,
} from "./backend-race.ts";
import { raceMemory } from "./node/race-memory.ts";

const usual = cpuBackend;
const adapter = (detail: string, kind = "webgpu"): BackendPlugin =>
  defineBackend({
    kind,
    summary: "a GPU",
    available: async () => ({ available: true, detail }),
    init: async () => {},
  });
const challenger = adapter("WebGPU on a card");
const absent = defineBackend({
  kind: "webgpu",
  summary: "no GPU",
  available: async () => ({ available: false, reason: "no adapter" }),
  init: async () => {},
});

const clock = (times: Readonly<Record<string, readonly [number, number]>>) => {
  const timed: string[] = [];
  const time = async ({ kind }: BackendPlugin): Promise<StepTimes> => {
    timed.push(kind);
    const found = times[kind];
    if (found === undefined) throw new Error("the device is lost");
    return { "SAE-FNO": found[0], "SAE-MLP": found[1] };
  };
  return { time, timed };
};
const memory = (text?: string): RaceMemory => {
  let held = text;
  return {
    read: async () => held,
    write: async (next) => {
      held = next;
    },
  };
};

test("the faster is that of the smaller geometric mean of times", async () => {
  const { time } = clock({ cpu: [10, 10], webgpu: [4, 20] });
  const race = (await raceBackends({ usual, challenger }, { time })) as BackendRace;
  expect(race).toMatchObject({
    adapter: "WebGPU on a card",
    times: { usual: { "SAE-FNO": 10 }, challenger: { "SAE-MLP": 20 } },
  });
  expect(race.machine).toContain(process.versions.node);
  expect(challengerWins(race)).toBe(true);
  const slower = await raceBackends({ usual, challenger }, { time: clock({ cpu: [10, 10], webgpu: [10, 10] }).time });
  expect(challengerWins(slower as BackendRace)).toBe(false);
});

test("a challenger that is not there, is software, or breaks runs no race", async () => {
  const { time, timed } = clock({ cpu: [10, 10] });
  expect(await raceBackends({ usual, challenger: absent }, { time })).toBeUndefined();
  const available = async () => ({ available: true, detail: "llvmpipe", software: true }) as const;
  expect(await raceBackends({ usual, challenger: { ...challenger, available } }, { time })).toBeUndefined();
  expect(timed).toEqual([]);
  expect(await raceBackends({ usual, challenger }, { time })).toBeUndefined();
});

test("a race is remembered for its versions, processor and adapter", async () => {
  const { time } = clock({ cpu: [10, 10], webgpu: [1, 1] });
  const race = (await raceBackends({ usual, challenger }, { time })) as BackendRace;
  const kept = memory();
  expect(await takesChallenger(kept, challenger)).toBe(false);
  await rememberRace(kept, race);
  expect(await recallRace(kept)).toEqual(race);
  expect(await takesChallenger(kept, challenger)).toBe(true);
  expect(await takesChallenger(kept, adapter("WebGPU on another card"))).toBe(false);
  expect(await takesChallenger(kept, absent)).toBe(false);
  await rememberRace(kept, { ...race, machine: "saeno 0.0.0 elsewhere" });
  expect(await takesChallenger(kept, challenger)).toBe(false);
});

test("an adapter that lost is not looked at", async () => {
  const { time } = clock({ cpu: [1, 1], webgpu: [10, 10] });
  const kept = memory();
  await rememberRace(kept, (await raceBackends({ usual, challenger }, { time })) as BackendRace);
  const available = () => Promise.reject(new Error("its driver was started"));
  expect(await takesChallenger(kept, { ...challenger, available })).toBe(false);
});

test("wrong content counts as none", async () => {
  for (const text of ["", "{", "null", "[]", '{"machine":1}', '{"times":{"usual":{"SAE-FNO":-1}}}', "\0"]) {
    expect(await recallRace(memory(text)), text).toBeUndefined();
    expect(await takesChallenger(memory(text), challenger), text).toBe(false);
  }
  const broken: RaceMemory = { read: () => Promise.reject(new Error("no permission")), write: async () => {} };
  expect(await recallRace(broken)).toBeUndefined();
});

test("a page races once, then remembers; where nothing can be kept it races again", async () => {
  const { time, timed } = clock({ cpu: [10, 10], webgpu: [1, 1] });
  const kept = pageMemory();
  expect(await fasterBackend({ usual, challenger }, kept, { time })).toBe(challenger);
  expect(await fasterBackend({ usual, challenger }, kept, { time })).toBe(challenger);
  expect(timed).toEqual(["cpu", "webgpu"]);
  expect(await fasterBackend({ usual, challenger: absent }, kept, { time })).toBe(usual);
  const forgetful: RaceMemory = { read: async () => undefined, write: () => Promise.reject(new Error("full")) };
  expect(await fasterBackend({ usual, challenger }, forgetful, { time })).toBe(challenger);
  expect(timed).toHaveLength(4);
});

test("in Node a race is kept in a file, which may be missing or no file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "saeno-race-"));
  const kept = raceMemory(join(folder, "cache"));
  expect(await recallRace(kept)).toBeUndefined();
  const { time } = clock({ cpu: [10, 10], webgpu: [1, 1] });
  const race = (await raceBackends({ usual, challenger }, { time })) as BackendRace;
  await rememberRace(kept, race);
  expect(await recallRace(raceMemory(join(folder, "cache")))).toEqual(race);
  expect(await recallRace({ ...kept, read: raceMemory(kept.file).read })).toBeUndefined();
  await rm(folder, { recursive: true });
});

test("a backend is timed on every model, and nothing of it stays in memory", async () => {
  await stepTimes(wasmBackend, { seconds: 0 });
  const before = memoryInfo().numTensors;
  const times = await stepTimes(wasmBackend, { seconds: 0 });
  expect(Object.keys(times)).toEqual(measuredModels);
  for (const found of Object.values(times)) expect(found).toBeGreaterThan(0);
  expect(memoryInfo().numTensors).toBe(before);
});
