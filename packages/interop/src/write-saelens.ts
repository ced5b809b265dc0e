import type { SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, type SafetensorsSource } from "@saeno/datasets";
import { type DenseActivation, type Floats, transposed } from "./dense-weights.ts";
import { checkHeld, type FloatName } from "./held-values.ts";
import { weightsOf } from "./weights-of-model.ts";

const types = { float32: "F32", float64: "F64", float16: "F16", bfloat16: "BF16" } as const satisfies Record<
  FloatName,
  string
>;

export interface WriteSaelensOptions {
  /** Default `float32`, which loses nothing. */
  readonly dtype?: FloatName;
  /** What else SAELens should know, such as `model_name` and `hook_name`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface WrittenSaelens {
  /** The content of `cfg.json`, in the layout of version 6. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The bytes of `sae_weights.safetensors`. */
  readonly weights: Uint8Array;
}

/**
 * A model of vectors as the two files of SAELens, `cfg.json` and `sae_weights.safetensors` of one folder: `SAE.load_from_disk(folder)` computes the same
 * codes and reconstructions. relu becomes `standard`, topk `topk`, jumprelu `jumprelu`; batchtopk becomes a `jumprelu` with its running threshold for every
 * concept, as SAELens saves it. A tied encoder is written out, and a normalization of inputs is folded into the weights. The model itself does not change.
 *
 * @throws SaenoError `interop.model` for models of functions on grids, unrolled ones, and other activations; `interop.weights` for
 *   NaN, and for numbers beyond the type.
 */
export async function writeSaelens(
  model: SparseAutoencoder,
  options: WriteSaelensOptions = {},
): Promise<WrittenSaelens> {
  const { dtype = "float32", metadata = {} } = options;
  const { inputs, concepts, encoder, encoderBias, decoder, decoderBias, activation } = await weightsOf(model);
  const tensors: Record<string, SafetensorsSource> = {};
  const add = (name: string, shape: readonly number[], values: Floats) => {
    checkHeld(name, values, dtype);
    tensors[name] = { dtype: types[dtype], shape, values };
  };
  add("W_enc", [inputs, concepts], transposed(encoder, concepts, inputs));
  add("b_enc", [concepts], encoderBias);
  add("W_dec", [concepts, inputs], decoder);
  add("b_dec", [inputs], decoderBias);
  const thresholds = thresholdsOf(activation, concepts);
  if (thresholds !== undefined) add("threshold", [concepts], thresholds);
  const config = {
    d_in: inputs,
    d_sae: concepts,
    dtype,
    device: "cpu",
    apply_b_dec_to_input: true,
    normalize_activations: "none",
    reshape_activations: "none",
    ...(activation.kind === "topk" ? { k: activation.k, rescale_acts_by_decoder_norm: false } : {}),
    metadata: { sae_lens_version: "6.0.0", sae_lens_training_version: null, ...metadata },
    architecture: architectureOf(activation),
  };
  return { config, weights: encodeSafetensors(tensors, { format: "pt" }) };
}

function thresholdsOf(activation: DenseActivation, concepts: number): Floats | undefined {
  if (activation.kind === "jumprelu") return activation.thresholds;
  return activation.kind === "batchtopk" ? new Float64Array(concepts).fill(activation.threshold) : undefined;
}

function architectureOf({ kind }: DenseActivation): string {
  switch (kind) {
    case "relu":
      return "standard";
    case "topk":
      return "topk";
    case "jumprelu":
    case "batchtopk":
      return "jumprelu";
    default:
      throw kind satisfies never;
  }
}
