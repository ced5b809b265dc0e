import { accumulateRows, decodeRows, dotRows, encodeTopK } from "@saeno/backend";
import { matMul, mul, randomNormal, zeros } from "@tensorflow/tfjs-core";
import { startedBackend } from "./started-backend.mjs";

await startedBackend("dense", "Times of the single kernels of a dense dictionary.");

for (const [rows, depth, columns, transposeA, transposeB] of [
  [64, 64, 64, false, false],
  [128, 128, 128, false, false],
  [256, 256, 256, false, false],
  [1024, 1024, 1024, false, false],
  [1024, 1024, 1024, true, false],
  [1024, 1024, 1024, false, true],
  [1024, 768, 4096, false, true],
  [1, 768, 4096, false, true],
  [20000, 3, 64, false, false],
  [3, 20000, 64, false, false],
]) {
  const a = randomNormal(transposeA ? [depth, rows] : [rows, depth]);
  const b = randomNormal(transposeB ? [columns, depth] : [depth, columns]);
  report(`matMul ${rows} x ${depth} x ${columns}${transposeA ? " A^T" : ""}${transposeB ? " B^T" : ""}`, {
    operations: 2 * rows * depth * columns,
    run: () => matMul(a, b, transposeA, transposeB).dispose(),
  });
  a.dispose();
  b.dispose();
}

for (const { name, batch, inputs, concepts: conceptCount, k } of [
  { name: "mlp-small", batch: 256, inputs: 1000, concepts: 1500, k: 20 },
  { name: "mlp-large", batch: 1024, inputs: 768, concepts: 16384, k: 32 },
]) {
  const x = randomNormal([batch, inputs]);
  const atoms = mul(randomNormal([conceptCount, inputs]), inputs ** -0.5);
  const bias = zeros([conceptCount]);
  const dense = 2 * batch * inputs * conceptCount;
  report(`${name}: matMul`, { operations: dense, run: () => matMul(x, atoms, false, true).dispose() });
  report(`${name}: encodeTopK`, {
    operations: dense,
    run() {
      const { concepts, values } = encodeTopK({ x, atoms, bias }, { k });
      concepts.dispose();
      values.dispose();
    },
  });
  const { concepts, values } = encodeTopK({ x, atoms, bias }, { k });
  const sparse = 2 * batch * inputs * k;
  report(`${name}: decodeRows`, {
    operations: sparse,
    run: () => decodeRows({ values, concepts, atoms }, {}).x.dispose(),
  });
  report(`${name}: dotRows`, { operations: sparse, run: () => dotRows({ x, concepts, atoms }, {}).values.dispose() });
  report(`${name}: accumulateRows`, {
    operations: sparse,
    run: () => accumulateRows({ values, concepts, x }, { conceptCount }).atoms.dispose(),
  });
  for (const tensor of [x, atoms, bias, concepts, values]) tensor.dispose();
}

/** The median and the best of at least 7 runs and half a second, and what a core did in its time, which others do not disturb. */
function report(name, { operations, run }) {
  run();
  run();
  const times = [];
  const cpu = process.cpuUsage();
  for (const start = performance.now(); times.length < 7 || performance.now() - start < 500; ) {
    const before = performance.now();
    run();
    times.push(performance.now() - before);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const [median, best] = [times[times.length >> 1], times[0]];
  const rate = (time) => (operations / time / 1e6).toFixed(1);
  console.log(
    `${name.padEnd(36)} median ${median.toFixed(3)} ms, best ${best.toFixed(3)} ms; ` +
      `median ${rate(median)}, best ${rate(best)}, per core ${rate((user + system) / 1e3 / times.length)} GFLOP/s`,
  );
}
