import type { Modes } from "@saeno/backend";
import { type Dictionary, type FourierDictionaryOptions, fourierDictionary, type SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, type SafetensorsSource } from "@saeno/datasets";
import { mul, tidy, type Variable } from "@tensorflow/tfjs-core";
import { type ComplexTensor, complexSource } from "./complex-tensor.ts";
import { checkHeld } from "./held-values.ts";
import { liFromFourier } from "./li.ts";
import { neuralopFromFourier } from "./neuralop.ts";
import type { SpectralRole } from "./spectral-operator.ts";

export interface WrittenSpectral {
  /** What the tensors are: sizes, the modes to make the peer's layer with, the activation, the formula. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The bytes of a safetensors file: float32, complex numbers with a last axis of 2. */
  readonly weights: Uint8Array;
}

/**
 * A model with a fourier dictionary as weights of neuralop's `SpectralConv`, and the few vectors that make it whole:
 *
 * | tensor                      | shape                            |                                                             |
 * | --------------------------- | -------------------------------- | ----------------------------------------------------------- |
 * | `decoder.weight`            | `[K, C, 2 m_1 - 1, .., m_d, 2]`  | `SpectralConv(K, C, n_modes, bias=False)`                   |
 * | `encoder.weight`            | `[C, K, 2 m_1 - 1, .., m_d, 2]`  | of a shallow encoder; a tied one is written out             |
 * | `encoder.bias`              | `[K]`                            | of a shallow encoder                                        |
 * | `decoder.bias`              | `[C]`                            |                                                             |
 * | `input.mean`, `input.scale` | `[C]`                            | where inputs are normalized, `(x - mean) / scale`           |
 *
 * `z = sigma(encoder(x - decoder.bias) + encoder.bias)`, `x_hat = decoder(z) + decoder.bias`; sigma stands in the config by name. The model is
 * only read.
 *
 * @throws SaenoError `interop.model` for a dictionary that is not a fourier one, `interop.weights` for NaN.
 */
export function writeNeuralop(model: SparseAutoencoder): Promise<WrittenSpectral> {
  return written(model, "neuralop", async (dictionary, as) => {
    const { weight, modes } = await neuralopFromFourier(dictionary, { as });
    return { tensors: { [`${as}.weight`]: weight }, modes };
  });
}

/**
 * As {@link writeNeuralop}, with weights of Li et al.: `decoder.weights1 ..`, each `[K, C, m_1, .., m_d, 2]`, and `encoder.weights1 ..`, `[C, K, ..]`.
 *
 * @throws SaenoError `interop.model` for a dictionary that is not a fourier one, `interop.weights` for NaN.
 */
export function writeLi(model: SparseAutoencoder): Promise<WrittenSpectral> {
  return written(model, "li", async (dictionary, as) => {
    const { blocks, modes } = await liFromFourier(dictionary, { as });
    const tensors = Object.fromEntries(blocks.map((block, i) => [`${as}.weights${i + 1}`, block]));
    return { tensors, modes };
  });
}

type Convert = (
  dictionary: Dictionary,
  as: SpectralRole,
) => Promise<{ readonly tensors: Readonly<Record<string, ComplexTensor>>; readonly modes: readonly number[] }>;

async function written(model: SparseAutoencoder, format: string, convert: Convert): Promise<WrittenSpectral> {
  const { dictionary } = model;
  const decoder = await convert(dictionary, "decoder");
  const encoder = await encoderTensors(model, convert);
  const vectors = await vectorsOf(model, encoder !== undefined);
  const spectra = Object.entries({ ...decoder.tensors, ...encoder }).map(([name, weight]) => [
    name,
    complexSource(weight),
  ]);
  const tensors: Record<string, SafetensorsSource> = { ...Object.fromEntries(spectra), ...vectors };
  for (const [name, { values }] of Object.entries(tensors)) checkHeld(name, values, "float32");
  const { activation } = model.toConfig();
  const config = {
    format,
    channels: dictionary.channels,
    concepts: dictionary.conceptCount,
    modes: decoder.modes,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    complex: "the last axis of weights is real and imaginary part: torch.view_as_complex",
    encoder: model.encoder.toConfig(),
    activation,
    formula: formulaOf(encoder !== undefined, model.isNormalized),
  };
  return { config, weights: encodeSafetensors(tensors, { format: "pt" }) };
}

function formulaOf(encodes: boolean, normalized: boolean): string {
  const codes = encodes
    ? "z = activation(encoder(x - decoder.bias) + encoder.bias)"
    : "z of the encoder and activation named here, which have no weights of their own";
  const scaled = normalized ? ", for (x - input.mean) / input.scale in place of x" : "";
  return `${codes}; x_hat = decoder(z) + decoder.bias${scaled}`;
}

/** The spectral weights of a shallow encoder, `g D` where it is tied; nothing for encoders that run on the dictionary. */
async function encoderTensors(
  model: SparseAutoencoder,
  convert: Convert,
): Promise<Readonly<Record<string, ComplexTensor>> | undefined> {
  if (model.encoder.kind !== "shallow") return undefined;
  const gain = model.parameters().find(({ name }) => name === "encoder.gain")?.variable;
  const theta = encoderTheta(model);
  const start = tidy(() => (gain === undefined ? theta.clone() : mul(theta, gain)));
  const operator = fourierDictionary(operatorOptions(model), start);
  start.dispose();
  try {
    return (await convert(operator, "encoder")).tensors;
  } finally {
    operator.dispose();
  }
}

function operatorOptions({ dictionary }: SparseAutoencoder): FourierDictionaryOptions {
  const { channels, conceptCount: concepts } = dictionary;
  return { channels, concepts, modes: dictionary.toConfig().modes as Modes };
}

/** What correlates with the input: the encoder's own atoms, or the dictionary's. */
function encoderTheta(model: SparseAutoencoder): Variable {
  return (
    model.parameters().find(({ role }) => role === "encoder atoms")?.variable ?? model.dictionary.parameters[0].variable
  );
}

async function vectorsOf(model: SparseAutoencoder, encodes: boolean): Promise<Record<string, SafetensorsSource>> {
  const names = ["decoder.bias", "input.mean", "input.scale", ...(encodes ? ["encoder.bias"] : [])];
  const found = model.parameters().filter(({ name }) => names.includes(name));
  const vectors: Record<string, SafetensorsSource> = {};
  for (const { name, variable } of found) {
    const values = (await variable.data()) as Float32Array;
    vectors[name] = { shape: variable.shape, values };
  }
  const { distance } = model.encoder.toConfig();
  const bias = vectors["encoder.bias"];
  if (distance !== true || bias === undefined) return vectors;
  const operator = fourierDictionary(operatorOptions(model), encoderTheta(model));
  const norms = operator.squaredNorms();
  const squares = await norms.data();
  norms.dispose();
  operator.dispose();
  const values = Float64Array.from(bias.values, (value, k) => value - squares[k] / 2);
  return { ...vectors, "encoder.bias": { shape: bias.shape, values } };
}
