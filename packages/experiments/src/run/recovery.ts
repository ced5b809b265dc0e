import type { Dictionary, SparseAutoencoder } from "@saeno/core";
import type { Dataset, OpenedData } from "@saeno/datasets";
import { knownAtoms, recoveryError } from "@saeno/metrics";
import type { Extension } from "@saeno/training";
import { gather, reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { configError } from "../configuration/config-files.ts";

/** How well a run found the dictionary that its data was made from: means of `sqrt(1 - cos^2)` over matched concepts (specification: Metrics). */
export interface Recovery {
  /** From step 0, before the first. */
  readonly curve: readonly { readonly step: number; readonly error: number }[];
  readonly start: number;
  /** At the end. */
  readonly error: number;
  /** Share of the true concepts with |cos| > 0.9 at the end. */
  readonly recovered: number;
}

/** Measures recovery during a training, as `recoveryError` of its records. */
export interface RecoveryExtension extends Extension {
  /** Everything measured until now, and the error as it is. */
  result(): Recovery;
}

export interface RecoveryOptions {
  /** Steps between measurements. Default a twentieth of the run; for functions that start anywhere, all of it. */
  readonly every?: number | undefined;
  /** Whether the model starts at the known dictionary, so that atoms need no shift to be compared. */
  readonly near: boolean;
}

/**
 * Measures how close a model in training is to the dictionary that its data was made from: at the start, every so many steps and at the
 * end. Functions are compared on the data's grid, spectra below its Nyquist frequency; those that start anywhere, at their best shift. So are the
 * atoms of a model that takes functions as vectors.
 *
 * @returns nothing for data whose dictionary is not known.
 * @throws SaenoError `config.value` for `every` with such data.
 */
export function recovery(
  { dictionary }: SparseAutoencoder,
  { grid, channels, truth: known }: Pick<Dataset, "grid" | "channels" | "truth">,
  { every, near }: RecoveryOptions,
): RecoveryExtension | undefined {
  if (known === undefined) {
    if (every === undefined) return undefined;
    throw configError("--recovery-every has no effect here: it goes with data whose dictionary is known.");
  }
  const shifts = grid.length > 0 && !near;
  const truth = knownAtoms(known, dictionary, grid);
  const curve: { step: number; error: number }[] = [];
  let [recovered, steps, done] = [0, 0, 0];
  const measure = () => {
    const atoms = atomsOn(dictionary, { grid, channels });
    const found = recoveryError(truth, atoms, { shifts });
    atoms.dispose();
    recovered = found.recovered;
    curve.push({ step: done, error: found.mean });
    return found.mean;
  };
  return {
    name: "recovery",
    prepare(training) {
      steps = training.steps;
      curve.length = 0;
      done = 0;
      measure();
    },
    record({ step }) {
      done = step;
      // A best shift of all pairs takes seconds on fine grids.
      const interval = every ?? (shifts ? steps : Math.ceil(steps / 20));
      return step % interval === 0 || step === steps ? { recoveryError: measure() } : {};
    },
    result() {
      if (curve.at(-1)?.step !== done || curve.length === 0) measure();
      return { curve, start: curve[0].error, error: curve[curve.length - 1].error, recovered };
    },
    state: () => ({
      tensors: {},
      values: { recovered, done, steps: curve.map(({ step }) => step), errors: curve.map(({ error }) => error) },
    }),
    restore({ values }) {
      const [at, errors] = [numbersOf(values.steps), numbersOf(values.errors)];
      curve.splice(0, curve.length, ...at.map((step, i) => ({ step, error: errors[i] ?? Number.NaN })));
      [recovered, done] = [Number(values.recovered), Number(values.done)];
    },
    dispose: () => truth.dispose(),
  };
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/** A concept of a known dictionary and the learned one that it is matched with, one-to-one. */
export interface FoundConcept {
  /** Its place in the known dictionary. */
  readonly known: number;
  readonly name?: string;
  /** The learned concept; absent for one left over. */
  readonly concept?: number;
  /** |cosine| of the two, at their best shift where they are functions; 0 for one left over. */
  readonly cosine: number;
}

/**
 * The learned counterpart of each concept of the dictionary that the data was made from, by known concept. Nothing if that dictionary is not known.
 *
 * @param among the concepts to match, such as those in use (`conceptsInUse`): a dead one may be as similar to a known one as the concept that does its
 *   work. Default all.
 */
export function foundConcepts(
  { dictionary }: Pick<SparseAutoencoder, "dictionary">,
  source: OpenedData,
  among?: readonly number[],
): FoundConcept[] {
  const { grid, channels, truth } = knownDictionary(source);
  if (truth === undefined || among?.length === 0) return [];
  const known = knownAtoms(truth, dictionary, grid);
  const atoms = tidy(() => {
    const all = atomsOn(dictionary, { grid, channels });
    return among === undefined ? all : gather(all, [...among]);
  });
  const { match, cosines } = recoveryError(known, atoms, { shifts: grid.length > 0 });
  for (const each of [known, atoms]) each.dispose();
  return match.map((found, k) => ({
    known: k,
    ...(truth.names === undefined ? {} : { name: truth.names[k] }),
    ...(found < 0 ? {} : { concept: among?.[found] ?? found }),
    cosine: cosines[k],
  }));
}

/** Learned atoms as functions on a grid, also those of a model that takes functions as vectors; or as vectors. */
function atomsOn(dictionary: Dictionary, { grid, channels }: Pick<Dataset, "grid" | "channels">): Tensor {
  if (dictionary.domain === "functions") return dictionary.atoms({ grid, origin: "corner" });
  return tidy(() => reshape(dictionary.atoms(), [dictionary.conceptCount, ...grid, channels]));
}

/** What the atoms of a model are compared with: the dictionary of its data, also where that was flattened for it. */
export function knownDictionary({
  train,
  sampleShape,
  flattenedTruth,
}: OpenedData): Pick<Dataset, "grid" | "channels" | "truth"> {
  if (flattenedTruth === undefined) return train;
  return { truth: flattenedTruth, grid: sampleShape.slice(0, -1), channels: sampleShape.at(-1) ?? 1 };
}
