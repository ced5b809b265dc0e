import { registerHostKernels } from "./host-kernels.ts";
import type { BackendPlugin } from "./plugin.ts";

/** tfjs's plain JavaScript backend: slow, always available, the reference for the others. */
export const cpuBackend: BackendPlugin = {
  name: "cpu",
  async available() {
    return { available: true, detail: "plain JavaScript" };
  },
  async init() {
    await import("@tensorflow/tfjs-backend-cpu");
    registerHostKernels("cpu", (tensor, backend) => backend.readSync(tensor.dataId));
  },
};
