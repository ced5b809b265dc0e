export { createWebgpuBackend, type WebgpuOptions, webgpuBackend } from "./webgpu-backend.ts";
