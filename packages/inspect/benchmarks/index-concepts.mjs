import { disposeCodes } from "@saeno/activations";
import { createRandom, useBackend } from "@saeno/backend";
import { createWasmBackend } from "@saeno/backend-wasm";
import { saeCnn, saeFno, saeMlp } from "@saeno/core";
import { arrayDataset, batches, flatten, subset } from "@saeno/datasets";
import { mnist } from "@saeno/datasets/node";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { readArguments } from "../../../tooling/arguments.mjs";
import { indexConcepts, readCodes } from "../dist/index.js";

const usage = `The time it takes to index digits beside that of encoding them, in one process and in turns; and the memory of an index by the number of
samples. The fastest rounds are compared: where others use the machine too, the rest is theirs. Build first.

Usage: node --expose-gc benchmarks/index-concepts.mjs [flags]

  --mnist FOLDER   digits of MNIST (default: noise of their size)
  --model WHICH    fno, cnn or mlp (default fno)
  --concepts N     (default 64)
  --samples N      (default 10000)
  --rounds N       (default 3)
  --threads N      (default: all cores)
  --batch N        (default 256)`;
const { flags: options } = readArguments(usage, {
  mnist: { type: "string" },
  model: { type: "string", default: "fno" },
  concepts: { type: "string", default: "64" },
  samples: { type: "string", default: "10000" },
  rounds: { type: "string", default: "3" },
  threads: { type: "string" },
  batch: { type: "string", default: "256" },
});
const [concepts, wanted, rounds] = [options.concepts, options.samples, options.rounds].map(Number);
const batchSize = Number(options.batch);
await useBackend(createWasmBackend(options.threads === undefined ? {} : { threads: Number(options.threads) }));

const shape = [wanted, 28, 28, 1];
const functions = options.mnist
  ? await mnist({ directory: options.mnist })
  : arrayDataset({ name: "noise", shape, values: createRandom(0).normals(wanted * 28 * 28) });
const digits = options.model === "mlp" ? flatten(functions) : functions;
const data = digits.size > wanted ? subset(digits, { start: 0, end: wanted }) : digits;
const active = Math.min(16, concepts >> 2);
const model = {
  fno: () => saeFno({ channels: 1, concepts, active, modes: [14, 14] }),
  cnn: () => saeCnn({ channels: 1, concepts, active, kernel: [7, 7] }),
  mlp: () => saeMlp({ inputs: 784, concepts, active }),
}[options.model]();

// A few steps' worth of the statistics that a trained model has: the gain of the encoder, and thresholds of a budget.
for await (const { values, shape: size } of batches(subset(data, { start: 0, end: Math.min(640, data.size) }), {
  batchSize,
})) {
  const x = tensor(values, [...size]);
  model.fitGain(x);
  for (let i = 0; i < 5; i++) {
    tidy(() => {
      model.pass(x, { training: true });
    });
  }
  x.dispose();
}

async function encodeAll() {
  let entries = 0;
  let maps = 0;
  for await (const { values, shape: size } of batches(data, { batchSize })) {
    const x = tensor(values, [...size]);
    const codes = model.encode(x);
    const table = await readCodes(codes);
    entries += table.values.length;
    maps += table.concepts.length;
    disposeCodes(codes);
    x.dispose();
  }
  return { entries, maps };
}

async function timed(work) {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(used);
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, result };
}

await encodeAll();
await indexConcepts(model, subset(data, { start: 0, end: Math.min(640, data.size) }), { batchSize });
const times = { encode: [], index: [] };
for (let round = 0; round < rounds; round++) {
  const encoded = await timed(encodeAll);
  const indexed = await timed(() => indexConcepts(model, data, { batchSize }));
  times.encode.push(encoded);
  times.index.push(indexed);
  const { entries, maps } = encoded.result;
  console.log(
    `${data.size} samples, ${(maps / data.size).toFixed(1)} concepts and ${(entries / data.size).toFixed(1)} entries active: ` +
      `encode ${encoded.seconds.toFixed(2)} s, index ${indexed.seconds.toFixed(2)} s`,
  );
}
const fastest = (which, what) => Math.min(...times[which].map((each) => each[what]));
const ratio = (what) => (fastest("index", what) / fastest("encode", what)).toFixed(2);
console.log(`fastest of ${rounds}: ratio ${ratio("seconds")}, of processor time ${ratio("cpu")}`);

if (globalThis.gc) {
  for (const size of [data.size >> 2, data.size >> 1, data.size]) {
    globalThis.gc();
    let largest = 0;
    const onProgress = (done) => {
      if (done % (4 * batchSize) !== 0) return;
      globalThis.gc();
      largest = Math.max(largest, process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers);
    };
    await indexConcepts(model, subset(data, { start: 0, end: size }), { batchSize, onProgress });
    console.log(`${size} samples: at most ${(largest / 2 ** 20).toFixed(1)} MB held`);
  }
}
model.dispose();
