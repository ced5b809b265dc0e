import { densePreCodes, toDense } from "@saeno/activations";
import { option, positiveInteger, SaenoError, share, sizeOf, trainable } from "@saeno/backend";
import { assignRows, defineDictionary, fromData } from "@saeno/core";
import * as tf from "@tensorflow/tfjs-core";
import { exactOptional, optional, strictObject } from "valibot";
import { fitBumps } from "./fit-bumps.js";

/** What configurations, `--dictionary` and `--help` know of it. Channels and axes follow from the data. */
export const radialBasis = defineDictionary({
  kind: "radial-basis",
  label: "SAE-RBF",
  domain: "functions",
  codes: "scalar",
  summary: "concepts are bumps at learned places of the domain",
  defaults: { learningRate: 0.005 },
  schema: strictObject({
    concepts: optional(option(positiveInteger, "concepts in the dictionary"), 64),
    width: optional(option(share, "standard deviation that bumps start at, as a share of the domain"), 0.08),
    channels: exactOptional(option(positiveInteger, "channels of a sample", { hidden: true })),
    axes: exactOptional(option(positiveInteger, "axes of the grid", { hidden: true })),
  }),
  create: ({ channels, axes, ...options }, { random, grid, ...data }) =>
    radialBasisDictionary(
      {
        ...options,
        channels: fromData("channels", channels ?? data.channels),
        axes: fromData("axes", axes ?? grid?.length),
      },
      random,
    ),
});

/** Narrower bumps fall between the points of usual grids; wider ones reach around the domain. */
const widths = [0.01, 0.25];

/**
 * Radial basis functions on the torus: concept k is `a_k exp(-|u - c_k|^2 / (2 w_k^2))` at the points u of [0, 1)^d, with a center
 * `c_k`, a width `w_k` and an amplitude `a_k [C]`, all trained. A sample `[B, ...N, C]` has one code for each concept, `[B, K]`, the
 * same on every grid: synthesis evaluates the bumps at its points, and inner products are those of L2, means over the grid.
 */
export function radialBasisDictionary(options, start) {
  const { channels, concepts, axes, width } = options;
  const { centers, spreads, amplitudes } = tf.tidy(() => {
    const given = "normals" in start ? freshStart(options, start) : start;
    return {
      centers: trainable(given.centers),
      spreads: trainable(given.spreads),
      amplitudes: trainable(given.amplitudes),
    };
  });
  const variables = [centers, spreads, amplitudes];

  /** The bumps of height 1, `[K, |N|]`: a product over the axes. */
  function bumps(grid) {
    const scale = tf.div(-0.5, tf.square(spreads));
    return grid.reduce(
      (product, points, axis) => {
        const offset = tf.sub(tf.div(tf.range(0, points), points), tf.slice(centers, [0, axis], [concepts, 1]));
        // To the nearest of the images around the torus.
        const distance = tf.sub(offset, tf.round(offset));
        const values = tf.exp(tf.mul(tf.square(distance), tf.reshape(scale, [concepts, 1])));
        return tf.reshape(tf.mul(tf.expandDims(product, 2), tf.expandDims(values, 1)), [concepts, -1]);
      },
      tf.ones([concepts, 1]),
    );
  }

  /** `[K, |N| C]`. */
  function rows(grid) {
    const all = tf.mul(tf.expandDims(bumps(grid), 2), tf.expandDims(amplitudes, 1));
    return tf.reshape(all, [concepts, -1]);
  }

  function correlate(x) {
    return tf.tidy(() => {
      const grid = x.shape.slice(1, -1);
      const products = tf.matMul(tf.reshape(x, [x.shape[0], -1]), rows(grid), false, true);
      return tf.div(products, sizeOf(grid));
    });
  }

  /** The integral of `exp(-|u|^2 / w^2)` over the torus, times `|a|^2`. */
  function squaredNorms() {
    return tf.tidy(() => {
      const one = tf.mul(tf.mul(spreads, Math.sqrt(Math.PI)), tf.erf(tf.div(0.5, spreads)));
      return tf.mul(tf.sum(tf.square(amplitudes), 1), tf.pow(one, axes));
    });
  }

  function normalize() {
    tf.tidy(() => {
      centers.assign(tf.sub(centers, tf.floor(centers)));
      spreads.assign(tf.clipByValue(spreads, ...widths));
      amplitudes.assign(tf.div(amplitudes, tf.expandDims(tf.sqrt(squaredNorms()), 1)));
    });
  }

  function assign(functions, { concepts: chosen, norm = "unit" } = {}) {
    checkGrid(functions.shape.slice(1, -1));
    tf.tidy(() => {
      const fitted = radialBasisDictionary({ ...options, concepts: functions.shape[0] }, fitBumps(functions, widths));
      if (norm !== "given") fitted.normalize();
      const before = tf.sqrt(squaredNorms());
      const own = chosen === undefined ? before : tf.gather(before, tf.tensor1d(chosen, "int32"));
      const [places, spread, heights] = fitted.parameters.map(({ variable }) => variable);
      const scaled = typeof norm === "object" ? tf.mul(heights, tf.expandDims(tf.mul(own, norm.kept), 1)) : heights;
      [places, spread, scaled].forEach((rows, i) => {
        assignRows(variables[i], rows, { norm: "given", ...(chosen === undefined ? {} : { concepts: chosen }) });
      });
      fitted.dispose();
    });
  }

  function checkGrid(grid) {
    if (grid.length === axes) return;
    throw new SaenoError(
      "dictionary.grid",
      `Bumps on ${axes} axes need a grid with as many; got ${grid.length || "none"}.`,
    );
  }

  const dictionary = {
    kind: "radial-basis",
    label: "SAE-RBF",
    domain: "functions",
    codes: "scalar",
    conceptCount: concepts,
    channels,
    parameters: [
      { name: "centers", variable: centers, role: "shape" },
      { name: "widths", variable: spreads, role: "shape" },
      { name: "amplitudes", variable: amplitudes, role: "shape" },
    ],
    synthesize: (codes, grid) =>
      tf.tidy(() => {
        const values = toDense(codes);
        return tf.reshape(tf.matMul(values, rows(grid)), [values.shape[0], ...grid, channels]);
      }),
    correlate,
    preCodes: (x, bias) => densePreCodes(bias === undefined ? correlate(x) : tf.add(correlate(x), bias)),
    atoms: ({ grid = Array(axes).fill(32) } = {}) =>
      tf.tidy(() => tf.reshape(rows(grid), [concepts, ...grid, channels])),
    squaredNorms,
    normalize,
    scale: (factor) => tf.tidy(() => amplitudes.assign(tf.mul(amplitudes, factor))),
    assign,
    mapChannels: (matrix) => tf.tidy(() => amplitudes.assign(tf.matMul(amplitudes, matrix, false, true))),
    checkGrid,
    copy: () => radialBasisDictionary(options, { centers, spreads, amplitudes }),
    toConfig: () => ({ kind: "radial-basis", concepts, width, channels, axes }),
    dispose: () => tf.dispose(variables),
  };
  if ("normals" in start) normalize();
  return dictionary;
}

/** Bumps anywhere, of one width, in a random direction of the channels. */
function freshStart({ channels, concepts, axes, width }, random) {
  const places = random.split("centers");
  return {
    centers: tf.tensor2d(
      Float32Array.from({ length: concepts * axes }, () => places.uniform()),
      [concepts, axes],
    ),
    spreads: tf.fill([concepts], width),
    amplitudes: tf.tensor2d(random.normals(concepts * channels), [concepts, channels]),
  };
}
