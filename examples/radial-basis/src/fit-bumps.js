import * as tf from "@tensorflow/tfjs-core";

/** How far around the largest value a function counts: the standard deviation of a window, as a share of the domain. */
const reach = 0.1;

/**
 * The bump that each of some functions `[m, ...N, C]` is nearest to: around its largest value, its center and width those of the energy
 * there, its amplitude by least squares. Centers `[m, d]`, spreads `[m]`, amplitudes `[m, C]`; run inside a `tidy`.
 */
export function fitBumps(functions, [narrowest, widest]) {
  const [count, ...grid] = functions.shape.slice(0, -1);
  const values = tf.reshape(functions, [count, -1, functions.shape.at(-1)]);
  const energies = tf.sum(tf.square(values), 2);
  const points = gridPoints(grid);
  let centers = tf.gather(points, tf.argMax(energies, 1));

  /** Offsets of the points to the centers, `[m, |N|, d]`, their squares, and what counts of the energy, `[m, |N|]`. */
  function around() {
    const offsets = tf.sub(tf.expandDims(points, 0), tf.expandDims(centers, 1));
    const nearest = tf.sub(offsets, tf.round(offsets));
    const squares = tf.sum(tf.square(nearest), 2);
    const weights = tf.mul(energies, tf.exp(tf.mul(squares, -0.5 / reach ** 2)));
    return { nearest, squares, weights, total: tf.add(tf.sum(weights, 1), 1e-30) };
  }

  // Mean shift: from the largest point to the middle of what is around it.
  for (let step = 0; step < 10; step++) {
    const { nearest, weights, total } = around();
    centers = tf.add(centers, tf.div(tf.sum(tf.mul(nearest, tf.expandDims(weights, 2)), 1), tf.expandDims(total, 1)));
  }
  const { squares, weights, total } = around();
  // The energy of a bump has half the variance of the bump; the window took its share of it.
  const seen = tf.div(tf.sum(tf.mul(weights, squares), 1), tf.mul(total, grid.length));
  const variance = tf.div(tf.mul(seen, 2 * reach ** 2), tf.maximum(tf.sub(reach ** 2, seen), 1e-6));
  const spreads = tf.clipByValue(tf.sqrt(variance), narrowest, widest);
  const bumps = tf.exp(tf.div(tf.mul(squares, -0.5), tf.expandDims(tf.square(spreads), 1)));
  const products = tf.sum(tf.mul(values, tf.expandDims(bumps, 2)), 1);
  const amplitudes = tf.div(products, tf.expandDims(tf.sum(tf.square(bumps), 1), 1));
  return { centers: tf.sub(centers, tf.floor(centers)), spreads, amplitudes };
}

/** The points of a grid in [0, 1)^d, `[|N|, d]`, row-major. */
function gridPoints(grid) {
  const along = (axis) => {
    const shape = grid.map((points, j) => (j === axis ? points : 1));
    const values = tf.reshape(tf.div(tf.range(0, grid[axis]), grid[axis]), shape);
    return tf.reshape(tf.add(values, tf.zeros(grid)), [-1]);
  };
  return tf.stack(
    grid.map((_, axis) => along(axis)),
    1,
  );
}
