import { conjugateCounts, type Grid, sizeOf } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { allModes, analyze } from "@saeno/fft";
import { atomExtents, hoyer } from "@saeno/metrics";
import { add, mul, reshape, slice, square, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { type AtomDescription, type ChannelShare, mostChannels } from "./concept-index.ts";
import { coordinates } from "./where.ts";

/** Numbers of atoms described at once, about. */
const chunkEntries = 2 ** 21;

/** What the atoms of a model are like, on the grid of the data and in its units. */
export async function describeAtoms(model: SparseAutoencoder, grid: Grid): Promise<AtomDescription[]> {
  const { dictionary, normalization } = model;
  const onGrid = dictionary.domain === "functions" && grid.length > 0;
  const atoms = tidy(() => {
    const found = dictionary.atoms(onGrid ? { grid } : {});
    return normalization === undefined ? found : mul(found, normalization.scale);
  });
  try {
    const size = sizeOf(atoms.shape.slice(1));
    const chunk = Math.max(1, Math.floor(chunkEntries / size));
    const all: AtomDescription[] = [];
    for (let begin = 0; begin < atoms.shape[0]; begin += chunk) {
      const some = slice(atoms, [begin], [Math.min(chunk, atoms.shape[0] - begin)]);
      try {
        all.push(...(await describe(some)));
      } finally {
        some.dispose();
      }
    }
    return all;
  } finally {
    atoms.dispose();
  }
}

async function describe(atoms: Tensor): Promise<AtomDescription[]> {
  const [count, channels] = [atoms.shape[0], atoms.shape[atoms.rank - 1]];
  const grid = atoms.shape.slice(1, -1);
  const values = await atoms.data<"float32">();
  const size = values.length / count;
  const waves = grid.length === 0 ? undefined : await describeWaves(atoms);
  return Array.from({ length: count }, (_, k) => {
    const row = values.subarray(k * size, (k + 1) * size);
    return { hoyer: size > 1 ? hoyer(row) : 1, ...waves?.[k], channels: strongestChannels(row, channels) };
  });
}

function strongestChannels(row: Float32Array, channels: number): ChannelShare[] {
  const energies = new Float64Array(channels);
  row.forEach((value, i) => {
    energies[i % channels] += value ** 2;
  });
  const total = energies.reduce((all, energy) => all + energy, 0);
  return Array.from(energies, (energy, channel) => ({ channel, share: total === 0 ? 0 : energy / total }))
    .sort((a, b) => b.share - a.share || a.channel - b.channel)
    .slice(0, mostChannels);
}

type Waves = Omit<AtomDescription, "hoyer" | "channels">;

async function describeWaves(atoms: Tensor): Promise<Waves[]> {
  const count = atoms.shape[0];
  const modes = allModes(atoms.shape.slice(1, -1));
  const spectra = tidy(() => {
    const { re, im } = analyze(atoms, { modes });
    return reshape(sum(add(square(re), square(im)), -1), [count, -1]);
  });
  const { extents, bandwidths } = await atomExtents(atoms);
  const energies = await spectra.data<"float32">();
  spectra.dispose();
  const frequencies = storedFrequencies(modes);
  const both = conjugateCounts(modes);
  return extents.map((extent, k) => {
    const row = energies.subarray(k * frequencies.length, (k + 1) * frequencies.length);
    let [peak, most] = [0, -1];
    let [xx, yy, xy] = [0, 0, 0];
    row.forEach((energy, i) => {
      const sign = frequencies[i].findLast((component) => component !== 0) ?? 0;
      // A wave is two frequencies; of both, one is looked at.
      const ofWave = sign > 0 ? 2 * energy : sign === 0 ? energy : 0;
      if (ofWave > most) [peak, most] = [i, ofWave];
      if (modes.length !== 2) return;
      const [y, x] = frequencies[i];
      const weight = energy * both[i % both.length];
      xx += weight * x * x;
      yy += weight * y * y;
      xy += weight * x * y;
    });
    const turn = Math.atan2(2 * xy, xx - yy) / 2;
    return {
      extent,
      bandwidth: bandwidths[k],
      frequency: frequencies[peak],
      ...(modes.length === 2
        ? {
            orientation: turn < 0 ? turn + Math.PI : turn,
            anisotropy: xx + yy === 0 ? 0 : Math.hypot(xx - yy, 2 * xy) / (xx + yy),
          }
        : {}),
    };
  });
}

/** The frequencies of a stored spectrum, in their order: on all axes but the last of both signs, ascending. */
function storedFrequencies(modes: readonly number[]): number[][] {
  const shape = modes.map((count, axis) => (axis === modes.length - 1 ? count : 2 * count - 1));
  return Array.from({ length: sizeOf(shape) }, (_, flat) =>
    coordinates(flat, shape).map((place, axis) => (axis === modes.length - 1 ? place : place - (modes[axis] - 1))),
  );
}
