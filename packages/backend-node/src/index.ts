export { createNodeBackend, type NodeOptions, nodeBackend, nodeGpuBackend } from "./node-backend.ts";
