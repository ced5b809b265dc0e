/** The page that does tasks in a browser. */
import type { BackendPlugin } from "@saeno/backend";
import { wasmBackend } from "@saeno/backend-wasm";
import { webgpuBackend } from "@saeno/backend-webgpu";
import { answer } from "./examine.ts";
import type { Answer, Task } from "./protocol.ts";

const plugins: Readonly<Record<string, BackendPlugin>> = {
  "webgpu/chromium": webgpuBackend,
  "wasm/chromium": wasmBackend,
};

export type DoTask = (task: Task) => Promise<Answer>;

const doTask: DoTask = (task) => {
  const plugin = plugins[task.form];
  if (plugin === undefined) throw new Error(`this page knows no ${task.form}`);
  return answer(task, plugin, console.log);
};

Object.assign(globalThis, { doTask });
