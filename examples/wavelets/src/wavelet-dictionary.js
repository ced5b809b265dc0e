import { densePreCodes, toDense } from "@saeno/activations";
import { convCorrelate, convSynthesize, option, positiveInteger, SaenoError, trainable } from "@saeno/backend";
import { assignRows, convDictionary, defineDictionary, fromData, unitRows } from "@saeno/core";
import * as tf from "@tensorflow/tfjs-core";
import { exactOptional, optional, strictObject } from "valibot";
import { scaleBases } from "./scale-basis.js";

/** What configurations, `--dictionary` and `--help` know of it. Channels and axes follow from the data. */
export const wavelets = defineDictionary({
  kind: "wavelets",
  label: "SAE-Wavelet",
  domain: "functions",
  codes: "maps",
  summary: "concepts are small kernels, each on one of several scales",
  schema: strictObject({
    concepts: optional(option(positiveInteger, "concepts in the dictionary"), 64),
    scales: optional(
      option(positiveInteger, "scales that concepts are spread over, each twice as wide as the last"),
      3,
    ),
    size: optional(option(positiveInteger, "coefficients of a concept on each axis, odd"), 3),
    channels: exactOptional(option(positiveInteger, "channels of a sample", { hidden: true })),
    axes: exactOptional(option(positiveInteger, "axes of the grid", { hidden: true })),
  }),
  create: ({ channels, axes, ...options }, { random, grid, ...data }) =>
    waveletDictionary(
      {
        ...options,
        channels: fromData("channels", channels ?? data.channels),
        axes: fromData("axes", axes ?? grid?.length),
      },
      random,
    ),
});

/**
 * Kernels on several scales: concept k has a few coefficients `[...s, C]`, trained, on scale `l_k`, where they weigh splines `2^l` points
 * apart. So a wide concept has as few parameters as a narrow one, and is smooth. Concepts take turns over the scales in blocks, the
 * finest first. Samples `[B, ...N, C]`, codes are maps `[B, ...N, K]`.
 */
export function waveletDictionary(options, start) {
  const { channels, concepts, axes, scales, size } = options;
  const shape = [concepts, ...Array(axes).fill(size), channels];
  const coefficients = tf.tidy(() =>
    trainable(
      "normals" in start ? unitRows(tf.tensor(start.normals(concepts * size ** axes * channels), shape)) : start,
    ),
  );
  const bases = tf.tidy(() => scaleBases(size, scales).map((basis) => tf.keep(basis)));
  const kernel = Array(axes).fill(bases[0].shape[0]);
  const attributes = { padding: "circular" };

  /** Rows of some concepts (default all), each times the basis of its scale along every axis; or back by the transpose. */
  function onScales(rows, transposed, chosen = Array.from({ length: concepts }, (_, k) => k)) {
    const scaleOf = (concept) => Math.floor((concept * scales) / concepts);
    return tf.addN(
      bases.map((basis, scale) => {
        const mask = tf.tensor(
          chosen.map((concept) => (scaleOf(concept) === scale ? 1 : 0)),
          [chosen.length, ...Array(axes + 1).fill(1)],
        );
        let result = tf.mul(rows, mask);
        for (let axis = 1; axis <= axes; axis++) result = alongAxis(result, axis, basis, transposed);
        return result;
      }),
    );
  }

  const kernels = () => onScales(coefficients, false);
  const correlate = (x) => tf.tidy(() => convCorrelate({ x, kernels: kernels() }, attributes).a);

  /** The kernels as a dictionary of kernels, for what these know of atoms on grids. */
  function asKernels(use) {
    const values = tf.tidy(kernels);
    const dictionary = convDictionary({ channels, concepts, kernel }, values);
    values.dispose();
    try {
      return use(dictionary);
    } finally {
      dictionary.dispose();
    }
  }

  function checkGrid(grid) {
    if (grid.length === axes && grid.every((points) => points >= kernel[0])) return;
    throw new SaenoError(
      "dictionary.grid",
      `Wavelets on ${scales} scales need ${axes} axes of at least ${kernel[0]} points; got ${grid.join(" x ") || "no grid"}. Lower scales or size.`,
    );
  }

  return {
    kind: "wavelets",
    label: "SAE-Wavelet",
    domain: "functions",
    codes: "maps",
    conceptCount: concepts,
    channels,
    parameters: [{ name: "coefficients", variable: coefficients, role: "atoms" }],
    synthesize: (codes) => tf.tidy(() => convSynthesize({ z: toDense(codes), kernels: kernels() }, attributes).x),
    correlate,
    preCodes: (x, bias) => densePreCodes(bias === undefined ? correlate(x) : tf.add(correlate(x), bias)),
    atoms: (how) => asKernels((dictionary) => dictionary.atoms(how)),
    squaredNorms: () => tf.tidy(() => tf.sum(tf.square(tf.reshape(coefficients, [concepts, -1])), 1)),
    normalize: () => tf.tidy(() => coefficients.assign(unitRows(coefficients))),
    scale: (factor) => tf.tidy(() => coefficients.assign(tf.mul(coefficients, factor))),
    assign: (functions, how = {}) =>
      asKernels((dictionary) => {
        dictionary.assign(functions, { ...how, norm: "given" });
        tf.tidy(() => {
          const [{ variable }] = dictionary.parameters;
          const rows = how.concepts === undefined ? variable : tf.gather(variable, tf.tensor1d(how.concepts, "int32"));
          assignRows(coefficients, onScales(rows, true, how.concepts), how);
        });
      }),
    mapChannels: (matrix) =>
      tf.tidy(() => {
        const rows = tf.reshape(coefficients, [-1, channels]);
        coefficients.assign(tf.reshape(tf.matMul(rows, matrix, false, true), shape));
      }),
    checkGrid,
    copy: () => waveletDictionary(options, coefficients),
    toConfig: () => ({ kind: "wavelets", ...options }),
    dispose: () => tf.dispose([coefficients, ...bases]),
  };
}

/** A matrix `[p, s]` applied along one axis of x, or its transpose. */
function alongAxis(x, axis, matrix, transposed) {
  const last = x.rank - 1;
  const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const turned = tf.transpose(x, order);
  const product = tf.matMul(tf.reshape(turned, [-1, turned.shape[last]]), matrix, false, !transposed);
  return tf.transpose(tf.reshape(product, [...turned.shape.slice(0, -1), product.shape[1]]), order);
}
