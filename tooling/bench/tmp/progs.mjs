// tfjs programs of a step, and bind groups, on the null backend
import { readdirSync } from "node:fs";
import { useBackend } from "@saeno/backend";
import { createWebgpuBackend } from "@saeno/backend-webgpu";
import { selectConfigurations } from "../dist/configurations.js";
import { disposeCodes } from "@saeno/activations";
import { adam, prepareTraining, trainStep } from "@saeno/training";
import { backend, tidy, slice, reshape } from "@tensorflow/tfjs-core";
const d = new URL("../dist/", import.meta.url);
const f = readdirSync(d).find((n) => /^measure-configuration-.*\.js$/.test(n));
const { r: randomBatch, t: buildModel } = await import(new URL(f, d));
const plugin = createWebgpuBackend({});
await plugin.available();
const g = GPUBuffer.prototype.getMappedRange;
GPUBuffer.prototype.getMappedRange = function (...a) { const r = g.apply(this, a); new Uint8Array(r).fill(0); return r; };
let n = {};
const count = (P, m) => { const o = P[m]; P[m] = function (...a) { n[m] = (n[m] ?? 0) + 1; return o.apply(this, a); }; };
count(GPUComputePassEncoder.prototype, "dispatchWorkgroups"); count(GPUBuffer.prototype, "mapAsync"); count(GPUQueue.prototype, "submit"); count(GPUQueue.prototype, "writeBuffer"); count(GPUDevice.prototype, "createBindGroup"); count(GPUDevice.prototype, "createBuffer");
await useBackend(plugin);
const b = backend(); const run = b.runWebGPUProgram;
b.runWebGPUProgram = function (p, i, ...r) { const k = `${p.constructor.name} ${p.op ?? ""} ${i.map((x) => x.shape)} -> ${p.outputShape}`; n[k] = (n[k] ?? 0) + 1; return run.call(this, p, i, ...r); };
for (const c of selectConfigurations(process.argv[2])) {
  const model = buildModel(c), x = randomBatch(c), parameters = prepareTraining(model, x), optimizer = adam();
  for (let i = 0; i < 200; i++) { n = {}; const { loss, codes } = trainStep({ model, parameters, x, optimizer, learningRate: 1e-3 }); await loss.data(); loss.dispose(); disposeCodes(codes); }
  console.log(c.name, "step", n);
  for (let i = 0; i < 200; i++) { n = {}; const first = tidy(() => slice(reshape(model.forward(x).reconstruction, [-1]), 0, 1)); await first.data(); first.dispose(); }
  console.log(c.name, "infer", n);
  optimizer.dispose(); x.dispose(); model.dispose();
}
process.exit(0);
