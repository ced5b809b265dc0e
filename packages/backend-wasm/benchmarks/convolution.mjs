import {
  accumulateConvPoints,
  convCorrelate,
  convEnergies,
  convKernelGradient,
  convSynthesize,
  createRandom,
  decodeConvPoints,
  encodeConvPoints,
  sampleConvPoints,
  sizeOf,
  topKRows,
} from "@saeno/backend";
import { tensor, zeros } from "@tensorflow/tfjs-core";
import { startedBackend } from "./started-backend.mjs";

await startedBackend("convolution", "Times of the single kernels of a conv dictionary.");
const random = createRandom(1);
const normal = (shape) => tensor(random.normals(sizeOf(shape)), shape);

const configurations = [
  { name: "cnn-img", batch: 32, grid: [64, 64], size: [11, 11], channels: 1, concepts: 64, chosen: 8, count: 64 },
  { name: "MNIST", batch: 48, grid: [28, 28], size: [7, 7], channels: 1, concepts: 64, chosen: 8, count: 32 },
  { name: "color", batch: 8, grid: [64, 64], size: [7, 7], channels: 3, concepts: 64, chosen: 8, count: 64 },
];

for (const { name, batch, grid, size, channels, concepts, chosen, count } of configurations) {
  console.log(`${name}: B ${batch}, N ${grid}, s ${size}, C ${channels}, K ${concepts}, k_c ${chosen}, k_d ${count}`);
  const x = normal([batch, ...grid, channels]);
  const kernels = normal([concepts, ...size, channels]);
  const bias = zeros([concepts]);
  const tap = 2 * sizeOf(size) * channels;
  const dense = batch * sizeOf(grid) * concepts * tap;
  const sparse = batch * chosen * count * tap;
  for (const padding of ["circular", "zero"]) {
    report(`convCorrelate, ${padding}`, dense, () => convCorrelate({ x, kernels }, { padding }));
    for (const kind of ["rectified", "preactivation"]) {
      report(`convEnergies, ${padding}, ${kind}`, dense, () => convEnergies({ x, kernels, bias }, { padding, kind }));
    }
  }
  const padding = "circular";
  const { a } = convCorrelate({ x, kernels }, { padding });
  report("convSynthesize", dense, () => convSynthesize({ z: a, kernels }, { padding }));
  report("convKernelGradient", dense, () => convKernelGradient({ x, a }, { size, padding }));
  a.dispose();
  const { energies } = convEnergies({ x, kernels, bias }, { padding, kind: "rectified" });
  const { indices } = topKRows({ x: energies }, { k: chosen });
  const encode = () => encodeConvPoints({ x, kernels, bias, concepts: indices }, { padding, count });
  report("encodeConvPoints", (dense * chosen) / concepts, encode);
  const codes = { ...encode(), concepts: indices };
  report("decodeConvPoints", sparse, () => decodeConvPoints({ ...codes, kernels }, { grid, padding }));
  report("sampleConvPoints", sparse, () =>
    sampleConvPoints({ x, kernels, positions: codes.positions, concepts: indices }, { padding }),
  );
  report("accumulateConvPoints", sparse, () =>
    accumulateConvPoints({ x, ...codes }, { size, conceptCount: concepts, padding }),
  );
}

/** The median and the best of at least 7 runs and half a second; rates count the operations of a direct correlation. */
function report(name, operations, run) {
  const once = () => {
    for (const output of Object.values(run())) output.dispose();
  };
  once();
  once();
  const times = [];
  const cpu = process.cpuUsage();
  for (const start = performance.now(); times.length < 7 || performance.now() - start < 500; ) {
    const before = performance.now();
    once();
    times.push(performance.now() - before);
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const [median, best] = [times[times.length >> 1], times[0]];
  const rate = (time) => (operations / time / 1e6).toFixed(1);
  console.log(
    `  ${name.padEnd(38)} median ${median.toFixed(3)} ms, best ${best.toFixed(3)} ms; ` +
      `median ${rate(median)}, best ${rate(best)}, per core ${rate((user + system) / 1e3 / times.length)} GFLOP/s`,
  );
}
