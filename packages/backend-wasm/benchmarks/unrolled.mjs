import {
  accumulateCodes,
  adamStep,
  decodeCodes,
  dotCodes,
  meanSquaredDifference,
  unrolledRows,
  unrolledRowsGradient,
  unrolledRowsTrace,
} from "@saeno/backend";
import {
  dispose,
  div,
  grads,
  mul,
  norm,
  notEqual,
  randomNormal,
  scalar,
  sum,
  tidy,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { startedBackend } from "./started-backend.mjs";

const options = await startedBackend(
  "unrolled",
  "Times of unrolled thresholding with a dense dictionary, of a whole training step and of its parts.",
  {
    threshold: { type: "string", default: "1", help: "of codes (default 1)" },
  },
);

const attributes = { iterations: 15, threshold: Number(options.threshold), kind: "hard" };
const [batch, inputs, conceptCount] = [256, 1000, 1500];
const x = mul(randomNormal([batch, inputs], 0, 1, "float32", 1), 2.1);
let atoms = tidy(() => {
  const rows = randomNormal([conceptCount, inputs], 0, 1, "float32", 2);
  return div(rows, norm(rows, 2, 1, true));
});
const stepSize = scalar(0.2);
let moments = [zerosLike(atoms), zerosLike(atoms)];
const settings = { rate: 1e-6, floor: 1e-8, beta1: 0.9, beta2: 0.999, unitRows: true, inPlace: true };

const kept = unrolledRowsTrace({ x, atoms, stepSize }, attributes);
const upstream = randomNormal([batch, conceptCount]);
const density = tidy(() => sum(notEqual(kept.codes, 0)).dataSync()[0] / batch);
console.log(`${density.toFixed(1)} of ${conceptCount} codes active`);

report("trace", () => tidy(() => void unrolledRowsTrace({ x, atoms, stepSize }, attributes)));
report("gradient", () => tidy(() => void unrolledRowsGradient({ upstream, x, atoms, stepSize, ...kept }, attributes)));
report("decoding and gradients", () =>
  tidy(() => {
    const error = decodeCodes({ codes: kept.codes, atoms }, {}).x;
    dotCodes({ x: error, codes: kept.codes, atoms }, {});
    accumulateCodes({ x: error, codes: kept.codes }, {});
  }),
);
const zero = zerosLike(atoms);
report("Adam", () => step(atoms, zero));
report("training step", () => {
  const [ofAtoms, ofStepSize] = tidy(() => grads(loss)([atoms, stepSize]));
  step(atoms, ofAtoms);
  dispose([ofAtoms, ofStepSize]);
});

function loss(rows, size) {
  const { codes } = unrolledRows({ x, atoms: rows, stepSize: size }, attributes);
  return meanSquaredDifference({ x: decodeCodes({ codes, atoms: rows }, {}).x, y: x }, {}).mean;
}

function step(parameter, gradient) {
  const [first, second] = moments;
  const result = adamStep({ parameter, gradient, first, second }, settings);
  dispose([parameter, ...moments]);
  atoms = result.parameter;
  moments = [result.first, result.second];
}

/** The median and the best of at least 7 runs and a second. */
function report(name, run) {
  run();
  run();
  const times = [];
  for (const start = performance.now(); times.length < 7 || performance.now() - start < 1000; ) {
    const before = performance.now();
    run();
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  console.log(`${name.padEnd(26)} median ${times[times.length >> 1].toFixed(1)} ms, best ${times[0].toFixed(1)} ms`);
}
