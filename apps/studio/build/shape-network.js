/**
 * A network for the example: it is given drawings of a few shapes and says where each of eight is. Its layer `mixed` has six channels for the eight, as
 * layers of larger networks hold more than they have channels for. The detectors are the ridge regression of where shapes are on what is around each point.
 */
import { createRandom, sizeOf } from "@saeno/backend";
import { arrayDataset, shapes } from "@saeno/datasets";

/** Points of a drawing along an axis, and of the grid that shapes are made on. */
const [side, shapeSide] = [64, 32];
/** Points of a detector along an axis, channels of the mixed layer, shapes in a drawing. */
const [window, mixed, perDrawing] = [17, 6, 4];
/** How far the middles of shapes are from the edge, and from each other, at least. */
const [margin, apart] = [10, 14];
/** Points from one place where the network looks to the next, and the first of them. */
const [stride, first] = [4, 2];
/** Gray of paper, and of a shape beside it. */
const [paper, ink] = [0.5, 0.12];

/** Drawings with what is in them: by drawing the shapes and the middles they have, in points. */
function draw(count, seed) {
  const { truth } = shapes({ grid: [shapeSide, shapeSide], samples: 1 });
  const [, taps] = truth.shape;
  const random = createRandom(seed);
  const points = side * side;
  const values = new Float32Array(count * points).fill(paper);
  const placed = Array.from({ length: count }, (_, drawing) => {
    const middles = [];
    while (middles.length < perDrawing) {
      // Where the network looks.
      const [top, left] = [0, 1].map(() => margin + stride * random.integer((side - 2 * margin) / stride + 1));
      if (middles.every((other) => Math.hypot(other.top - top, other.left - left) > apart)) middles.push({ top, left });
    }
    return middles.map(({ top, left }) => {
      const shape = random.integer(truth.names.length);
      const amplitude = 0.7 + 0.6 * random.uniform();
      const factor = ink * amplitude * shapeSide;
      for (let row = 0; row < taps; row++)
        for (let column = 0; column < taps; column++) {
          const [y, x] = [top + row, left + column].map((at) => at - (taps - 1) / 2);
          if (y < 0 || y >= side || x < 0 || x >= side) continue;
          values[drawing * points + y * side + x] += factor * truth.values[(shape * taps + row) * taps + column];
        }
      return { shape, top, left };
    });
  });
  return { placed, names: truth.names, values: values.map((value) => Math.min(1, Math.max(0, value))) };
}

export const shapeNames = () => shapes({ grid: [shapeSide, shapeSide], samples: 1 }).truth.names;

/** Drawings as data. */
export function drawings(count, seed) {
  return arrayDataset({ name: "drawings", values: draw(count, seed).values, shape: [count, side, side, 1] });
}

/** Unit vectors of a few channels, as far from each other as a few tries give. */
export function mixtures(count) {
  const random = createRandom(3);
  let best;
  for (let i = 0; i < 400; i++) {
    const rows = Array.from({ length: count }, () => {
      const row = Array.from(random.normals(mixed));
      const length = Math.hypot(...row);
      return row.map((value) => value / length);
    });
    const dot = (a, b) => a.reduce((sum, value, c) => sum + value * b[c], 0);
    const worst = Math.max(...rows.flatMap((a, k) => rows.slice(0, k).map((b) => Math.abs(dot(a, b)))));
    if (best === undefined || worst < best.worst) best = { rows, worst };
  }
  return best.rows;
}

/** Filters `[window, window, 1, shapes]`: ridge regression of a bump at the middle of each shape on the points around. */
function detectors() {
  const count = 200;
  const { values, placed, names } = draw(count, 11);
  const [size, reach] = [window * window, (window - 1) / 2];
  const gram = Array.from({ length: size }, () => new Float64Array(size));
  const products = Array.from({ length: size }, () => new Float64Array(names.length));
  const patch = new Float64Array(size);
  for (let drawing = 0; drawing < count; drawing++)
    for (let y = first; y < side; y += stride)
      for (let x = first; x < side; x += stride) {
        for (let i = 0; i < size; i++) {
          const [row, column] = [y + Math.floor(i / window) - reach, x + (i % window) - reach];
          const isInside = row >= 0 && row < side && column >= 0 && column < side;
          patch[i] = isInside ? values[(drawing * side + row) * side + column] - paper : 0;
        }
        for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) gram[i][j] += patch[i] * patch[j];
        for (const { shape, top, left } of placed[drawing]) {
          const bump = Math.exp(-((y - top) ** 2 + (x - left) ** 2) / 2);
          if (bump > 0.01) for (let i = 0; i < size; i++) products[i][shape] += bump * patch[i];
        }
      }
  const middle = (size - 1) / 2;
  const filters = solved(gram, products, 2e-3 * gram[middle][middle]);
  // At the middle of a shape of the usual strength there is to be 1.
  const responses = answersAt(filters, draw(200, 12), names.length);
  return { filters: filters.map((value, i) => value / responses[i % names.length]), names };
}

/** The mean answer of each detector at the middles of its shape. */
function answersAt(filters, { values, placed }, shapes) {
  const [sums, counts] = [new Float64Array(shapes), new Float64Array(shapes)];
  for (const [drawing, found] of placed.entries())
    for (const { shape, top, left } of found) {
      counts[shape]++;
      for (let i = 0; i < window * window; i++) {
        const [row, column] = [top + Math.floor(i / window), left + (i % window)].map((at) => at - (window - 1) / 2);
        const isInside = row >= 0 && row < side && column >= 0 && column < side;
        if (isInside)
          sums[shape] += filters[i * shapes + shape] * (values[(drawing * side + row) * side + column] - paper);
      }
    }
  return sums.map((sum, shape) => sum / counts[shape]);
}

/** `(A + ridge) x = b` of a symmetric A by Cholesky's factors. */
function solved(a, b, ridge) {
  const n = a.length;
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j] + (i === j ? ridge : 0);
      for (let k = 0; k < j; k++) sum -= a[i][k] * a[j][k];
      a[i][j] = i === j ? Math.sqrt(sum) : sum / a[j][j];
    }
  for (let c = 0; c < b[0].length; c++) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) b[i][c] -= a[i][k] * b[k][c];
      b[i][c] /= a[i][i];
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) b[i][c] -= a[k][i] * b[k][c];
      b[i][c] /= a[i][i];
    }
  }
  return Float32Array.from(b.flatMap((row) => [...row]));
}

/** The network as the files of a graph model. */
export function shapeNetwork() {
  const { filters, names } = detectors();
  const count = names.length;
  const rows = mixtures(count);
  const weights = [];
  const bytes = [];
  const constant = (name, shape, values) => {
    const data = values instanceof Int32Array ? values : Float32Array.from(values);
    weights.push({ name, shape, dtype: values instanceof Int32Array ? "int32" : "float32" });
    bytes.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    const type = values instanceof Int32Array ? "DT_INT32" : "DT_FLOAT";
    if (sizeOf(shape) !== data.length) throw new Error(`${name} has ${data.length} numbers.`);
    return { name, op: "Const", attr: { dtype: { type } } };
  };
  const float = { T: { type: "DT_FLOAT" } };
  const numbers = (...list) => ({ list: { i: list.map(String) } });
  const conv = (name, input, filter, stride) => ({
    name,
    op: "Conv2D",
    input: [input, filter],
    attr: {
      ...float,
      strides: numbers(1, stride, stride, 1),
      dilations: numbers(1, 1, 1, 1),
      padding: { s: btoa("SAME") },
      data_format: { s: btoa("NHWC") },
    },
  });
  const plain = (name, op, ...input) => ({ name, op, input, attr: float });
  const dim = [-1, side, side, 1].map((points) => ({ size: String(points) }));
  const node = [
    { name: "drawing", op: "Placeholder", attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim } } } },
    constant("detectors", [window, window, 1, count], filters),
    constant("least", [count], new Float32Array(count).fill(-0.35)),
    constant("mixtures", [1, 1, count, mixed], rows.flat()),
    constant(
      "unmixing",
      [1, 1, mixed, count],
      Array.from({ length: mixed * count }, (_, i) => rows[i % count][Math.floor(i / count)]),
    ),
    constant("doubt", [count], new Float32Array(count).fill(-0.25)),
    constant("axes", [2], Int32Array.of(1, 2)),
    conv("detected", "drawing", "detectors", stride),
    plain("detected/bias", "BiasAdd", "detected", "least"),
    plain("detected/relu", "Relu", "detected/bias"),
    conv("mixed", "detected/relu", "mixtures", 1),
    conv("unmixed", "mixed", "unmixing", 1),
    plain("unmixed/bias", "BiasAdd", "unmixed", "doubt"),
    plain("where", "Relu", "unmixed/bias"),
    { name: "classes", op: "Max", input: ["where", "axes"], attr: { ...float, keep_dims: { b: false } } },
  ];
  const model = {
    format: "graph-model",
    modelTopology: { node, versions: { producer: 440 } },
    signature: { outputs: { classes: { name: "classes" }, where: { name: "where" } } },
    weightsManifest: [{ paths: ["weights.bin"], weights }],
  };
  return new Map([
    ["model.json", Buffer.from(JSON.stringify(model))],
    ["weights.bin", Buffer.concat(bytes)],
  ]);
}
