import { isLifted, type SparseAutoencoder } from "@saeno/core";
import type { Dataset } from "@saeno/datasets";
import { batches } from "@saeno/datasets";
import { analyse, synthesise } from "@saeno/fft";
import { errorAccumulator } from "@saeno/metrics";
import { tensor, tidy } from "@tensorflow/tfjs-core";

/**
 * The relative error of samples without the frequencies that a spectral model drops: the floor of its error. `undefined` for models whose
 * concepts are no spectra.
 */
export async function lowPassError(model: SparseAutoencoder, dataset: Dataset): Promise<number | undefined> {
  const modes = modesOf(model);
  if (modes === undefined) return undefined;
  const errors = errorAccumulator(dataset.channels);
  for (const { values, shape } of batches(dataset, { batchSize: Math.min(256, dataset.size) })) {
    const kept = tidy(() => synthesise(analyse(tensor(values, [...shape]), { modes }), { grid: dataset.grid }));
    errors.add(values, (await kept.data()) as Float32Array);
    kept.dispose();
  }
  return errors.result().relativeError;
}

function modesOf({ dictionary }: SparseAutoencoder): readonly number[] | undefined {
  const { modes } = (isLifted(dictionary) ? dictionary.lifted : dictionary).toConfig();
  return dictionary.kind === "fourier" ? (modes as readonly number[]) : undefined;
}
