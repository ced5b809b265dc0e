import { registerHostKernels } from "./host-kernels.ts";
import { type BackendPlugin, defineBackend } from "./plugin.ts";

/** tfjs's plain JavaScript backend: slow, but always available, and the reference for the others. */
export const cpuBackend: BackendPlugin = defineBackend({
  kind: "cpu",
  summary: "plain JavaScript: slow, always available",
  async available() {
    return { available: true, detail: "plain JavaScript" };
  },
  async init() {
    await import("@tensorflow/tfjs-backend-cpu");
    registerHostKernels("cpu", (tensor, backend) => backend.readSync(tensor.dataId));
  },
});
