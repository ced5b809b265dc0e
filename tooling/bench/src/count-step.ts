import { sizeOf, spectrumShape } from "@saeno/backend";
import type {
  Configuration,
  ConvConfiguration,
  DenseConfiguration,
  FourierConfiguration,
  UnrolledDenseConfiguration,
  UnrolledFourierConfiguration,
} from "./configurations.ts";
import { pointTransformOperations, transformOperations } from "./transform-operations.ts";

/** Operations of a training step by what they are for. A multiplication, an addition and a comparison are one each. */
export interface StepOperations {
  /** Finding the active concepts: pre-codes or energies of all of them, and the largest. */
  readonly selection: number;
  /** Maps of the active concepts: on the grid, their largest points, back to spectra, and the same for gradients. */
  readonly maps: number;
  /** Products of active codes with their concepts: encoder, decoder, and the gradients of codes and both dictionaries. */
  readonly concepts: number;
  /** Transforms of samples and reconstructions, and the loss. */
  readonly samples: number;
  /** Adam, and atoms at unit norm. */
  readonly optimizer: number;
}

export interface StepCounts {
  readonly name: string;
  /** Trained numbers. */
  readonly parameters: number;
  readonly operations: StepOperations;
  /** The least that has to pass between processor and memory. */
  readonly bytes: number;
}

/** Adam: 3 for the first moment, 4 for the second, 5 for the step. */
const adamOperations = 12;
/** Two to project the gradient on an atom, two to subtract, three to normalize. */
const atomOperations = 7;
/** Parameters read once by the model; parameters and both moments read and written by Adam; float32. */
const parameterBytes = 4 * (1 + 6);
/** `x - b`, square, sum. */
const lossOperations = 3;
/** A complex multiplication and addition. */
const complexProduct = 8;

/**
 * What a training step needs at least when nothing is computed for concepts that are not active, beyond the choice of
 * the active ones. What is made for one sample stays in the cache; gradients of atoms are used up where they are made.
 */
export function countStep(configuration: Configuration): StepCounts {
  const { name, batch, concepts } = configuration;
  const { atomSize, inputs, channels, entries, ...operations } = countKind(configuration);
  const atoms = concepts * atomSize;
  // An unrolled encoder has no parameters.
  const encoder = configuration.kind.startsWith("unrolled") ? 0 : atoms + concepts;
  const parameters = atoms + encoder + channels;
  return {
    name,
    parameters,
    operations: { ...operations, optimizer: adamOperations * parameters + atomOperations * atoms },
    // Samples are read by the forward and by the backward pass; codes, value and position, are written and read.
    bytes: parameterBytes * parameters + 2 * 4 * batch * inputs + 2 * 8 * batch * entries,
  };
}

interface KindCounts extends Omit<StepOperations, "optimizer"> {
  /** Numbers of one atom. */
  readonly atomSize: number;
  /** Numbers of one sample. */
  readonly inputs: number;
  readonly channels: number;
  /** Entries of a sample's codes that are kept. */
  readonly entries: number;
}

function countKind(configuration: Configuration): KindCounts {
  switch (configuration.kind) {
    case "mlp":
      return countDense(configuration);
    case "cnn":
      return countConv(configuration);
    case "fno":
      return countFourier(configuration);
    case "unrolled-mlp":
      return countUnrolledDense(configuration);
    case "unrolled-fno":
      return countUnrolledFourier(configuration);
    default:
      throw configuration satisfies never;
  }
}

/** One dense product gives all pre-codes; decoding and the gradients of codes, atoms and encoder rows take `2 n` each. */
function countDense({ batch, inputs, concepts, active }: DenseConfiguration): KindCounts {
  return {
    atomSize: inputs,
    inputs,
    channels: inputs,
    entries: active,
    selection: batch * concepts * (2 * inputs + 1),
    maps: 0,
    concepts: 4 * 2 * batch * active * inputs,
    samples: lossOperations * batch * inputs,
  };
}

/** All maps by direct correlation, and their energies; then a kernel for each kept point, four times as for vectors. */
function countConv(configuration: ConvConfiguration): KindCounts {
  const { batch, grid, channels, concepts, active, count } = configuration;
  const points = sizeOf(grid);
  const atomSize = sizeOf(configuration.kernel) * channels;
  return {
    atomSize,
    inputs: points * channels,
    channels,
    entries: active * count,
    selection: batch * concepts * points * (2 * atomSize + 3),
    maps: 2 * batch * active * points,
    concepts: 4 * 2 * batch * active * count * atomSize,
    samples: lossOperations * batch * points * channels,
  };
}

/**
 * Energies of all maps; the active ones synthesized, their largest points found and analyzed. Backward, spectra are
 * evaluated at those points and the points' gradients analyzed. Five products with spectra of active concepts: encoder,
 * decoder, gradients of codes, decoder and encoder.
 */
function countFourier(configuration: FourierConfiguration): KindCounts {
  const { batch, grid, channels, concepts, active, count, modes } = configuration;
  const points = sizeOf(grid);
  const spectrum = sizeOf(spectrumShape(modes));
  const whole = transformOperations(grid, modes);
  const sparse = pointTransformOperations(grid, modes, count);
  const addBiasAndSelect = 3 * points;
  return {
    atomSize: 2 * spectrum * channels,
    inputs: points * channels,
    channels,
    entries: active * count,
    selection: batch * concepts * (energyOperations(configuration) + 1),
    maps: batch * active * (whole + addBiasAndSelect + 3 * sparse),
    concepts: 5 * complexProduct * batch * active * channels * spectrum,
    samples: batch * channels * (3 * whole + lossOperations * points),
  };
}

/**
 * `G = D D^T` by symmetry and `c = x D^T` once; each step a row of G for every active code, and back through the active codes only; the
 * gradient of the atoms is again a product with K^2 entries and one with the batch.
 */
function countUnrolledDense(configuration: UnrolledDenseConfiguration): KindCounts {
  const { batch, inputs, concepts, iterations, activeEntries } = configuration;
  const gram = concepts ** 2 * inputs;
  const correlations = 2 * batch * concepts * inputs;
  const steps = iterations * batch;
  return {
    atomSize: inputs,
    inputs,
    channels: inputs,
    entries: activeEntries,
    selection: gram + correlations + steps * concepts * (2 * activeEntries + 2),
    maps: 0,
    concepts: steps * 4 * activeEntries ** 2 + 2 * gram + correlations + 3 * 2 * batch * activeEntries * inputs,
    samples: lossOperations * batch * inputs,
  };
}

/**
 * In every step all maps are synthesized, thresholded and analyzed, and their spectra meet the dictionary twice; backward the same with
 * a third product, the gradient of the dictionary.
 */
function countUnrolledFourier(configuration: UnrolledFourierConfiguration): KindCounts {
  const { batch, grid, channels, concepts, modes, iterations, activeEntries } = configuration;
  const points = sizeOf(grid);
  const spectrum = sizeOf(spectrumShape(modes));
  const whole = transformOperations(grid, modes);
  const product = complexProduct * batch * concepts * channels * spectrum;
  const thresholds = 3 * points;
  return {
    atomSize: 2 * spectrum * channels,
    inputs: points * channels,
    channels,
    entries: activeEntries,
    selection: iterations * (batch * concepts * (2 * whole + thresholds) + 2 * product),
    maps: iterations * batch * concepts * (2 * whole + points),
    concepts: iterations * 4 * product + 3 * product,
    samples: batch * channels * (4 * whole + lossOperations * points),
  };
}

/**
 * The energy of one map. Before rectification: from its spectrum, or as the product of `C^2` real planes of `|E|^2` with
 * those of `|x|^2` (Gram form), whichever is less. Rectified: its spectrum, aliased on the energy grid, synthesized there.
 */
function energyOperations({ energy, grid, modes, channels }: FourierConfiguration): number {
  const spectrum = sizeOf(spectrumShape(modes));
  const formed = complexProduct * channels * spectrum;
  if (energy === "preactivation") return Math.min(2 * channels ** 2 * spectrum, formed + 4 * spectrum);
  const energyGrid = grid.map((points, axis) => Math.min(points, modes[axis]));
  const distinct = energyGrid.map((points) => Math.floor(points / 2) + 1);
  const biasRectifySquareAdd = 4 * sizeOf(energyGrid);
  return formed + 2 * spectrum + transformOperations(energyGrid, distinct) + biasRectifySquareAdd;
}
