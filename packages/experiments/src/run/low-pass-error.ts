import type { SparseAutoencoder } from "@saeno/core";
import { batches, type Dataset } from "@saeno/datasets";
import { analyze, synthesize } from "@saeno/fft";
import { errorAccumulator } from "@saeno/metrics";
import { tensor, tidy } from "@tensorflow/tfjs-core";
import { spectralModes } from "../model/spectral-modes.ts";

/**
 * The relative error of samples without the frequencies that a spectral model drops: the floor of its error. `undefined` for models whose
 * concepts are not spectra.
 */
export async function lowPassError(model: SparseAutoencoder, dataset: Dataset): Promise<number | undefined> {
  const modes = spectralModes(model.dictionary);
  if (modes === undefined) return undefined;
  const errors = errorAccumulator(dataset.channels);
  for await (const { values, shape } of batches(dataset, { batchSize: Math.min(256, dataset.size) })) {
    const kept = tidy(() => synthesize(analyze(tensor(values, [...shape]), { modes }), { grid: dataset.grid }));
    errors.add(values, await kept.data());
    kept.dispose();
  }
  return errors.result().relativeError;
}
