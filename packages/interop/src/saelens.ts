import { shown } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { modelOf } from "./dense-model.ts";
import {
  atomNorms,
  centered,
  type DenseActivation,
  type DenseWeights,
  type Floats,
  inDataSpace,
  mapped,
  scaledByConcept,
  transposed,
  withUnitAtoms,
} from "./dense-weights.ts";
import {
  checkSize,
  configError,
  type PeerConfig,
  peerConfig,
  section,
  unsupported,
  wholeNumber,
} from "./peer-config.ts";
import { type PeerModel, type ReadOptions, type StateDict, stateDict } from "./state-dict.ts";

/** `cfg.json` and `sae_weights.safetensors`. */
export type SaelensFiles = PeerModel;

/** With `unitAtoms`, as their `fold_W_dec_norm`. */
export interface ReadSaelensOptions extends ReadOptions {
  /**
   * What inputs are multiplied by if the config says `expected_average_only_in`: `sqrt(n)` over their mean norm. Neither file has it; it is folded into the
   * weights.
   */
  readonly inputScale?: number;
  /** Read the weights as they are, whatever the config says about normalization: the caller normalizes samples. Default false. */
  readonly inputsNormalized?: boolean;
}

/**
 * A model of SAELens (github.com/decoderesearch/SAELens), of its `standard`, `topk` and `jumprelu` architectures, from the layout of
 * version 6 or the older one:
 *
 *     z = sigma((x - [apply_b_dec_to_input] b_dec) W_enc + b_enc),  x_hat = z W_dec + b_dec
 *
 * with `W_enc [n, K]`, `W_dec [K, n]`. Ours always subtracts `b_dec`; if theirs does not, `b_enc + b_dec W_enc` makes up for it.
 *
 * **Codes and outputs are those of SAELens.** Atoms keep the norm they have in the file, and nothing changes it until training starts. For
 * `topk` with `rescale_acts_by_decoder_norm`, whose codes are those of unit atoms, the norms are folded into the encoder. With `unitAtoms`
 * outputs stay and codes are multiplied by the norms. Weights become float32 whatever their type.
 *
 * @throws SaenoError `interop.unsupported` for architectures, activations and normalizations that ours does not compute, `interop.config`,
 *   `interop.weights`, `interop.norms`, `safetensors.format` for damaged or contradictory files.
 */
export async function readSaelens(files: SaelensFiles, options: ReadSaelensOptions = {}): Promise<SparseAutoencoder> {
  const { name } = files;
  const config = currentLayout(peerConfig(files.config, name), name);
  const architecture = knownArchitecture(config, name);
  const dict = await stateDict(files, options);
  const [concepts, inputs] = dict.sizes("W_dec");
  checkSize(config, "d_sae", concepts, name);
  checkSize(config, "d_in", inputs, name);
  const inFile: DenseWeights = {
    inputs,
    concepts,
    encoder: transposed(await dict.take("W_enc", [inputs, concepts]), inputs, concepts),
    encoderBias: await dict.take("b_enc", [concepts]),
    decoder: await finetuned(dict, await dict.take("W_dec", [concepts, inputs]), concepts, config, name),
    decoderBias: await dict.take("b_dec", [inputs]),
    activation: await activationOf(architecture, dict, concepts, config, name),
  };
  dict.finish();
  const shifted = config.apply_b_dec_to_input === false ? centered(inFile) : inFile;
  const scaled = normalizationFolded(shifted, config, options, name);
  const rescales = architecture === "topk" && config.rescale_acts_by_decoder_norm === true;
  const selected = rescales ? scaledByConcept(scaled, atomNorms(scaled)) : scaled;
  return modelOf(options.unitAtoms === true ? withUnitAtoms(selected, name) : selected, name);
}

/** Settings of before version 6 that its `metadata` took in. */
const metadataKeys = [
  "model_name",
  "model_class_name",
  "model_from_pretrained_kwargs",
  "hook_name",
  "hook_head_index",
  "prepend_bos",
  "context_size",
  "dataset_path",
  "neuronpedia_id",
  "seqpos_slice",
];

/**
 * Where a model of SAELens was trained, from its parsed `cfg.json` of either layout: `model_name`, `hook_name` and the like, in the form that
 * `writeSaelens` takes as `metadata`. Without the version of SAELens that wrote the file.
 *
 * @throws SaenoError `interop.config` unless it is a JSON object.
 */
export function saelensMetadata(config: unknown): Readonly<Record<string, unknown>> {
  const given = peerConfig(config, "the model");
  const { sae_lens_version: _, ...metadata } = section(given, "metadata", "the model");
  const { hook_point, hook_point_head_index, ...old } = given;
  const renamed = { hook_name: hook_point, hook_head_index: hook_point_head_index, ...old };
  const known = Object.entries(renamed).filter(([key, value]) => metadataKeys.includes(key) && value !== undefined);
  return { ...Object.fromEntries(known), ...metadata };
}

type Architecture = "standard" | "topk" | "jumprelu";

/** Settings of before version 6 under the names they have since. */
function currentLayout(config: PeerConfig, name: string): PeerConfig {
  const version = section(config, "metadata", name).sae_lens_version ?? config.sae_lens_version;
  if (typeof version === "string" && Number.parseInt(version, 10) >= 6) return config;
  const { normalize_activations: normalization } = config;
  const activation = config.activation_fn_str ?? config.activation_fn ?? "relu";
  const { k } = section(config, "activation_fn_kwargs", name);
  if (activation !== "relu" && activation !== "topk")
    throw unsupported(`${name} has the activation ${shown(activation)}; supported are relu and topk.`);
  return {
    ...config,
    architecture: activation === "topk" ? "topk" : (config.architecture ?? "standard"),
    normalize_activations: normalization === true ? "expected_average_only_in" : normalization || "none",
    k: k ?? config.k,
  };
}

function knownArchitecture(config: PeerConfig, name: string): Architecture {
  const { architecture } = config;
  switch (architecture) {
    case "standard":
    case "topk":
    case "jumprelu":
      return architecture;
    case "batchtopk":
    case "matryoshka_batchtopk":
      throw unsupported(
        `${name} is a checkpoint of training with ${architecture}; save it with save_inference_model, which writes a jumprelu, and read that.`,
      );
    case undefined:
      throw configError(`The config of ${name} has no "architecture": is it the cfg.json of SAELens?`);
    default:
      throw unsupported(
        `${name} has the architecture ${shown(architecture)}; supported are standard, topk and jumprelu.`,
      );
  }
}

async function activationOf(
  architecture: Architecture,
  dict: StateDict,
  concepts: number,
  config: PeerConfig,
  name: string,
): Promise<DenseActivation> {
  switch (architecture) {
    case "standard":
      return { kind: "relu" };
    case "topk":
      return { kind: "topk", k: wholeNumber(config, "k", name) };
    case "jumprelu": {
      const thresholds = dict.has("log_threshold")
        ? mapped(await dict.take("log_threshold", [concepts]), Math.exp)
        : await dict.take("threshold", [concepts]);
      // Theirs is the threshold of relu(u): one below 0 is 0.
      return { kind: "jumprelu", thresholds: mapped(thresholds, (value) => Math.max(value, 0)) };
    }
    default:
      throw architecture satisfies never;
  }
}

/** `W_dec` with the factor for each concept that old versions could fine-tune. */
async function finetuned(
  dict: StateDict,
  decoder: Floats,
  concepts: number,
  config: PeerConfig,
  name: string,
): Promise<Floats> {
  const key = ["finetuning_scaling_factor", "scaling_factor"].find((candidate) => dict.has(candidate));
  if (key === undefined) return decoder;
  const factors = await dict.take(key, [concepts]);
  if (config.finetuning_scaling_factor !== true && factors.some((value: number) => Math.abs(value - 1) > 1e-5))
    throw configError(`${name} holds "${key}", but its config does not say finetuning_scaling_factor: true.`);
  const inputs = decoder.length / concepts;
  return mapped(decoder, (value, i) => value * factors[Math.floor(i / inputs)]);
}

function normalizationFolded(
  weights: DenseWeights,
  config: PeerConfig,
  { inputScale, inputsNormalized = false }: ReadSaelensOptions,
  name: string,
): DenseWeights {
  const { normalize_activations: kind = "none" } = config;
  if (kind === "none" || inputsNormalized) return weights;
  switch (kind) {
    case "expected_average_only_in":
      if (inputScale !== undefined && inputScale > 0 && Number.isFinite(inputScale)) {
        const scale = new Float64Array(weights.inputs).fill(1 / inputScale);
        return inDataSpace(weights, { mean: new Float64Array(weights.inputs), scale });
      }
      throw unsupported(
        `${name} takes inputs times a number that is in none of its files (normalize_activations: expected_average_only_in). Give it as inputScale: sqrt(${weights.inputs}) over the mean norm of the inputs; or say inputsNormalized: true and scale samples yourself.`,
      );
    case "layer_norm":
    case "constant_norm_rescale":
      throw unsupported(
        `${name} normalizes every sample by its own size (normalize_activations: ${kind}), which no fixed weights can do. Normalize samples yourself and say inputsNormalized: true; reconstructions are then of the normalized samples.`,
      );
    default:
      throw unsupported(
        `${name} has normalize_activations: ${shown(kind)}, which is not known here. Have SAELens fold it into the weights, or normalize samples yourself and say inputsNormalized: true.`,
      );
  }
}
