import type { Dictionary, SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, type SafetensorsSource } from "@saeno/datasets";
import type { Tensor } from "@tensorflow/tfjs-core";
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
 * @throws SaenoError `interop.model` for a dictionary without spectra, `interop.weights` for NaN.
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
 * @throws SaenoError `interop.model` for a dictionary without spectra, `interop.weights` for NaN.
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
  const vectors = await vectorsOf(model, encoder?.bias);
  const spectra = Object.entries({ ...decoder.tensors, ...encoder?.tensors }).map(([name, weight]) => [
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

/** Of an encoder whose pre-codes are linear, its spectral weights and its bias; nothing for encoders that run on the dictionary. */
async function encoderTensors(
  { encoder }: SparseAutoencoder,
  convert: Convert,
): Promise<{ readonly tensors: Readonly<Record<string, ComplexTensor>>; readonly bias: Float32Array } | undefined> {
  const linear = encoder.linear?.();
  if (linear === undefined) return undefined;
  const { operator, bias } = linear;
  try {
    const { tensors } = await convert(operator, "encoder");
    return { tensors, bias: await valuesOf(bias) };
  } finally {
    operator.dispose();
    bias.dispose();
  }
}

async function vectorsOf(
  { decoderBias, normalization }: SparseAutoencoder,
  encoderBias: Float32Array | undefined,
): Promise<Record<string, SafetensorsSource>> {
  const vectors = {
    "encoder.bias": encoderBias,
    "decoder.bias": await valuesOf(decoderBias),
    "input.mean": normalization && (await valuesOf(normalization.mean)),
    "input.scale": normalization && (await valuesOf(normalization.scale)),
  };
  const found: Record<string, SafetensorsSource> = {};
  for (const [name, values] of Object.entries(vectors)) {
    if (values !== undefined) found[name] = { shape: [values.length], values };
  }
  return found;
}

async function valuesOf(x: Tensor): Promise<Float32Array> {
  return Float32Array.from(await x.data());
}
