import { getBackend, grad, square, sum, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { register } from "./component.ts";
import { cpuBackend } from "./cpu-backend.ts";
import { type BackendPlugin, defineBackend, registeredBackends, useBackend } from "./plugin.ts";

function missing(kind: string, reason: string): BackendPlugin {
  return defineBackend({
    kind,
    summary: "a backend that is not here",
    async available() {
      return { available: false, reason };
    },
    async init() {
      throw new Error("an unavailable plugin was started");
    },
  });
}

test("without a plugin, auto says that none is registered", async () => {
  await expect(useBackend("auto")).rejects.toMatchObject({
    code: "backend.unavailable",
    message: expect.stringContaining("No backend is registered"),
  });
});

test("when no plugin is available, the error gives every reason", async () => {
  register(missing("wasm", "no WebAssembly"));
  register(missing("webgpu", "no adapter"));
  await expect(useBackend("auto")).rejects.toMatchObject({
    code: "backend.unavailable",
    message: expect.stringMatching(/webgpu \(no adapter\), wasm \(no WebAssembly\)/),
  });
});

test("auto takes the first available in order of preference, whatever the order of registration", async () => {
  register(missing("exotic", "not here"));
  register(cpuBackend);
  register(missing("node", "no TensorFlow library"));
  expect(registeredBackends().map(({ kind }) => kind)).toEqual(["webgpu", "node", "wasm", "cpu", "exotic"]);
  const chosen = await useBackend("auto");
  expect(chosen.name).toBe("cpu");
  expect(chosen.reason).toMatch(
    /^first available, .*passed over webgpu \(no adapter\), node \(no TensorFlow library\)/,
  );
  expect(chosen.reason).not.toMatch(/exotic/);
  expect(getBackend()).toBe("cpu");
});

test("auto passes over software that imitates hardware", async () => {
  register({
    ...cpuBackend,
    kind: "webgpu",
    available: async () => ({ available: true, detail: "llvmpipe", software: true }),
  });
  const chosen = await useBackend("auto");
  register({
    ...cpuBackend,
    available: async () => ({ available: true, detail: "llvmpipe", software: true }),
  });
  const asked = await useBackend("cpu");
  register(cpuBackend);
  register(missing("webgpu", "no adapter"));
  expect(chosen).toMatchObject({ name: "cpu", reason: expect.stringMatching(/webgpu \(llvmpipe, is software/) });
  expect(asked.reason).toMatch(/llvmpipe; this is software emulation, and slow/);
});

test("auto passes over what does not start; asked for by name, that is an error", async () => {
  register({
    ...missing("wasm", ""),
    available: async () => ({ available: true, detail: "" }),
    init: async () => {
      new ArrayBuffer(1e15);
    },
  });
  const chosen = await useBackend("auto");
  const asked = useBackend("wasm");
  await expect(asked).rejects.toThrow(RangeError);
  register(missing("wasm", "no WebAssembly"));
  expect(chosen).toMatchObject({
    name: "cpu",
    reason: expect.stringContaining("wasm (does not start: there is not enough memory)"),
    warning: expect.stringMatching(/^The backend wasm does not start: there is not enough memory\. .* on cpu instead/),
  });
  expect(await useBackend("auto")).not.toHaveProperty("warning");
});

test("a backend that could do better says what keeps it from that", async () => {
  const available = async () => ({ available: true, detail: "one thread", warning: "Threads do not start." }) as const;
  register(defineBackend({ kind: "cpu", summary: "slow", available, init: cpuBackend.init }));
  const chosen = await useBackend("cpu");
  register(cpuBackend);
  expect(chosen).toEqual({ name: "cpu", reason: "asked for, one thread", warning: "Threads do not start." });
});

test("a backend is found by its name, and the gradients of tfjs come with it", async () => {
  expect(await useBackend("cpu")).toMatchObject({ name: "cpu", reason: expect.stringMatching(/^asked for/) });
  const gradient = grad((x: Tensor) => sum(square(x)))(tensor1d([1, -2]));
  expect([...gradient.dataSync()]).toEqual([2, -4]);
});

test("an unavailable backend asked for by name or as a plugin gives the plugin's reason", async () => {
  for (const choice of ["webgpu", missing("webgpu", "no adapter")]) {
    await expect(useBackend(choice)).rejects.toMatchObject({
      code: "backend.unavailable",
      message: expect.stringContaining("no adapter"),
    });
  }
});

test("an unknown name is an error that lists the registered ones", async () => {
  await expect(useBackend("cuda")).rejects.toMatchObject({
    code: "component.unknown",
    message: expect.stringMatching(/no backend "cuda".*Known: cpu, exotic, node, wasm, webgpu/),
  });
});

test("a later plugin of the same name replaces the earlier one", async () => {
  const started: string[] = [];
  register({
    ...cpuBackend,
    async init() {
      started.push("replacement");
      await cpuBackend.init();
    },
  });
  await useBackend("cpu");
  await useBackend("cpu");
  expect(started).toEqual(["replacement"]);
});

test("a plugin whose tfjs backend does not start is an error", async () => {
  const broken = defineBackend({
    kind: "broken",
    summary: "a backend that does not start",
    async available() {
      return { available: true, detail: "" };
    },
    async init() {},
  });
  await expect(useBackend(broken)).rejects.toMatchObject({ code: "backend.failed" });
  expect(await useBackend("cpu")).toMatchObject({ name: "cpu" });
});
