import {
  adamStep,
  meanSquaredDifference,
  spectralMatMul,
  spectralWeights,
  truncatedAnalysis,
  truncatedSynthesis,
  unrolledMaps,
  unrolledMapsGradient,
  unrolledMapsTrace,
} from "@saeno/backend";
import {
  dispose,
  div,
  grads,
  norm,
  notEqual,
  randomNormal,
  reshape,
  scalar,
  sum,
  tidy,
  valueAndGrads,
  zerosLike,
} from "@tensorflow/tfjs-core";
import { startedBackend } from "./started-backend.mjs";

const options = await startedBackend(
  "unrolled-maps",
  "Times of unrolled thresholding with a fourier dictionary, of a whole training step and of its parts.",
  {
    threshold: { type: "string", default: "0.64", help: "of codes (default 0.64)" },
    composite: { type: "boolean", help: "also by operations of tfjs" },
  },
);

const [batch, channels, concepts, grid, modes] = [32, 8, 32, [32, 32], [16, 16]];
const frequencies = [31, 16];
const attributes = { grid, modes, iterations: 10, threshold: Number(options.threshold), kind: "hard" };
const x = randomNormal([batch, channels, ...grid], 0, 1, "float32", 1);
let theta = tidy(() => {
  const noise = randomNormal([concepts, 2, channels, ...frequencies], 0, 1, "float32", 2);
  const rows = reshape(noise, [concepts, -1]);
  return reshape(div(rows, norm(rows, 2, 1, true)), noise.shape);
});
const stepSize = scalar(0.02 * 1024);
let moments = [zerosLike(theta), zerosLike(theta)];
const settings = { rate: 1e-6, floor: 1e-8, beta1: 0.9, beta2: 0.999, unitRows: true, inPlace: true };

const given = { ...tidy(() => spectra(theta)), stepSize };
const kept = unrolledMapsTrace(given, attributes);
const upstream = randomNormal(kept.codes.shape);
const density = tidy(() => sum(notEqual(kept.codes, 0)).dataSync()[0] / kept.codes.size);
console.log(`${(100 * density).toFixed(1)} % of the codes active`);

report("analysis of x, weights", () => dispose(tidy(() => spectra(theta))));
report("codes", () => dispose(unrolledMapsTrace(given, attributes)));
report("their gradient", () => dispose(unrolledMapsGradient({ upstream, ...given, ...kept }, attributes)));
if (options.composite) {
  const { composite } = unrolledMapsTrace.definition;
  report("codes, composite", () => dispose(tidy(() => composite(given, attributes))));
  const backwards = unrolledMapsGradient.definition.composite;
  report("their gradient, composite", () =>
    dispose(tidy(() => backwards({ upstream, ...given, ...kept }, attributes))),
  );
}
report("synthesis and loss, both", () =>
  tidy(() => {
    grads((codes) => reconstructionLoss(codes, given.dRe, given.dIm))([kept.codes]);
  }),
);
const zero = zerosLike(theta);
report("Adam", () => step(theta, zero));
report("training step", () => {
  const { value, grads: slopes } = tidy(() => valueAndGrads(loss)([theta]));
  step(theta, slopes[0]);
  dispose([value, ...slopes]);
});

function spectra(parameter) {
  const rows = reshape(x, [batch * channels, ...grid]);
  const { re, im } = truncatedAnalysis({ x: rows }, { modes });
  const shape = [batch, channels, 31 * 16];
  const weights = spectralWeights({ theta: parameter }, { modes });
  return { xRe: reshape(re, shape), xIm: reshape(im, shape), dRe: weights.re, dIm: weights.im };
}

function loss(parameter) {
  const inputs = { ...spectra(parameter), stepSize };
  return reconstructionLoss(unrolledMaps(inputs, attributes).codes, inputs.dRe, inputs.dIm);
}

function reconstructionLoss(codes, dRe, dIm) {
  const z = truncatedAnalysis({ x: reshape(codes, [batch * concepts, ...grid]) }, { modes });
  const shape = [batch, concepts, 31 * 16];
  const product = { aRe: reshape(z.re, shape), aIm: reshape(z.im, shape), bRe: dRe, bIm: dIm };
  const { re, im } = spectralMatMul(product, { adjoint: "none" });
  const rows = [batch * channels, ...frequencies];
  const output = truncatedSynthesis({ re: reshape(re, rows), im: reshape(im, rows) }, { grid });
  return meanSquaredDifference({ x: reshape(output.x, x.shape), y: x }, {}).mean;
}

function step(parameter, gradient) {
  const [first, second] = moments;
  const result = adamStep({ parameter, gradient, first, second }, settings);
  dispose([parameter, ...moments]);
  theta = result.parameter;
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
