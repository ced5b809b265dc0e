import { shown } from "@saeno/backend";
import type { SparseAutoencoder } from "@saeno/core";
import { modelOf } from "./dense-model.ts";
import { type DenseWeights, withUnitAtoms } from "./dense-weights.ts";
import { checkSize, type PeerConfig, peerConfig, unsupported, wholeNumber } from "./peer-config.ts";
import { type PeerModel, type ReadOptions, stateDict } from "./state-dict.ts";

/** `cfg.json` of one hook point and `sae.safetensors` beside it. */
export type SparsifyFiles = PeerModel;

/** Atoms already have unit norm if `normalize_decoder` is true. */
export type ReadSparsifyOptions = ReadOptions;

/**
 * A sparse autoencoder of EleutherAI's sparsify (github.com/EleutherAI/sparsify; before, `sae`):
 *
 *     z = topk(relu(W (x - b_dec) + b), k),  x_hat = z W_dec + b_dec
 *
 * with `encoder.weight [K, n]`, `W_dec [K, n]`. Codes and outputs are those of sparsify. `normalize_decoder` and `multi_topk` matter to training only.
 *
 * @throws SaenoError `interop.unsupported` for transcoders, skip connections and `groupmax`, `interop.config`, `interop.weights`,
 *   `interop.norms`, `safetensors.format` for damaged or contradictory files.
 */
export async function readSparsify(
  files: SparsifyFiles,
  options: ReadSparsifyOptions = {},
): Promise<SparseAutoencoder> {
  const { name } = files;
  const config = peerConfig(files.config, name);
  const dict = await stateDict(files, options);
  refuseOthers(config, dict.has("W_skip"), name);
  const [concepts, inputs] = dict.sizes("encoder.weight");
  checkSize(config, "d_in", inputs, name);
  // 0 stands for expansion_factor times d_in.
  if (config.num_latents !== 0) checkSize(config, "num_latents", concepts, name);
  const weights: DenseWeights = {
    inputs,
    concepts,
    encoder: await dict.take("encoder.weight", [concepts, inputs]),
    encoderBias: await dict.take("encoder.bias", [concepts]),
    decoder: await dict.take("W_dec", [concepts, inputs]),
    decoderBias: await dict.take("b_dec", [inputs]),
    activation: { kind: "topk", k: wholeNumber(config, "k", name) },
  };
  dict.finish();
  return modelOf(options.unitAtoms === true ? withUnitAtoms(weights, name) : weights, name);
}

function refuseOthers(config: PeerConfig, hasSkip: boolean, name: string): void {
  const { activation = "topk" } = config;
  if (config.transcode === true)
    throw unsupported(
      `${name} is a transcoder: it predicts the output of a layer, not its own input. Only autoencoders are supported.`,
    );
  const skip = ["skip_connection", "embed_skip", "gram_lookup"].find((key) => config[key] === true);
  if (skip !== undefined || hasSkip)
    throw unsupported(
      `${name} adds something beside its concepts to the output (${skip ?? "W_skip"}). Only models whose output is z W_dec + b_dec are supported.`,
    );
  if (activation !== "topk")
    throw unsupported(
      `${name} has the activation ${shown(activation)}; supported is topk.${activation === "groupmax" ? " groupmax keeps the largest of each of k groups of concepts." : ""}`,
    );
  if (config.signed === true)
    throw unsupported(
      `${name} keeps the codes of largest magnitude, of either sign (signed); supported is topk after relu.`,
    );
}
