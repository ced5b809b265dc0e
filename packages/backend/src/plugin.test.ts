import { getBackend, grad, square, sum, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { cpuBackend } from "./cpu-backend.ts";
import { type BackendPlugin, registerBackend, registeredBackends, useBackend } from "./plugin.ts";

function missing(name: string, reason: string): BackendPlugin {
  return {
    name,
    async available() {
      return { available: false, reason };
    },
    async init() {
      throw new Error("an unavailable plugin was started");
    },
  };
}

test("without a plugin, auto says that none is registered", async () => {
  await expect(useBackend("auto")).rejects.toMatchObject({
    code: "backend.unavailable",
    message: expect.stringContaining("No backend is registered"),
  });
});

test("when no plugin is available, the error gives every reason", async () => {
  registerBackend(missing("wasm", "no WebAssembly"));
  registerBackend(missing("webgpu", "no adapter"));
  await expect(useBackend("auto")).rejects.toMatchObject({
    code: "backend.unavailable",
    message: expect.stringMatching(/webgpu \(no adapter\), wasm \(no WebAssembly\)/),
  });
});

test("auto takes the first available in order of preference, whatever the order of registration", async () => {
  registerBackend(missing("exotic", "not here"));
  registerBackend(cpuBackend);
  registerBackend(missing("node", "no TensorFlow library"));
  expect(registeredBackends().map(({ name }) => name)).toEqual(["webgpu", "node", "wasm", "cpu", "exotic"]);
  const chosen = await useBackend("auto");
  expect(chosen.name).toBe("cpu");
  expect(chosen.reason).toMatch(
    /^first available, .*passed over webgpu \(no adapter\), node \(no TensorFlow library\)/,
  );
  expect(chosen.reason).not.toMatch(/exotic/);
  expect(getBackend()).toBe("cpu");
});

test("auto passes over software that imitates hardware", async () => {
  registerBackend({
    ...cpuBackend,
    name: "webgpu",
    available: async () => ({ available: true, detail: "llvmpipe", software: true }),
  });
  const chosen = await useBackend("auto");
  registerBackend({
    ...cpuBackend,
    available: async () => ({ available: true, detail: "llvmpipe", software: true }),
  });
  const asked = await useBackend("cpu");
  registerBackend(cpuBackend);
  registerBackend(missing("webgpu", "no adapter"));
  expect(chosen).toMatchObject({ name: "cpu", reason: expect.stringMatching(/webgpu \(llvmpipe, is software/) });
  expect(asked.reason).toMatch(/llvmpipe; it is software, and slow/);
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
    code: "backend.unknown",
    message: expect.stringMatching(/"cuda".*webgpu, node, wasm, cpu, exotic.*"auto"/),
  });
});

test("a later plugin of the same name replaces the earlier one", async () => {
  const started: string[] = [];
  registerBackend({
    ...cpuBackend,
    async init(options) {
      started.push("replacement");
      await cpuBackend.init(options);
    },
  });
  await useBackend("cpu");
  await useBackend("cpu");
  expect(started).toEqual(["replacement"]);
});

test("a plugin whose tfjs backend does not start is an error", async () => {
  const broken: BackendPlugin = {
    name: "broken",
    async available() {
      return { available: true, detail: "" };
    },
    async init() {},
  };
  await expect(useBackend(broken)).rejects.toMatchObject({ code: "backend.failed" });
  expect(await useBackend("cpu")).toMatchObject({ name: "cpu" });
});
