/** Prints what the WebGPU backend finds on this machine, as JSON. */
import { webgpuBackend } from "@saeno/backend-webgpu";

const found = await webgpuBackend.available();
const adapter = found.available ? await globalThis.navigator.gpu?.requestAdapter() : null;
const features = [...(adapter?.features ?? [])].sort();
process.stdout.write(`${JSON.stringify({ ...found, allFeatures: features.join(" ") })}\n`, () => process.exit(0));
