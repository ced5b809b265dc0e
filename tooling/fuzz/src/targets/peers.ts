import { cpuBackend, createRandom, type Parameter, parseJson, type Random, useBackend } from "@saeno/backend";
import { modelFromConfig, type SparseAutoencoder } from "@saeno/core";
import { encodeSafetensors, parseSafetensors } from "@saeno/datasets";
import {
  complexTensor,
  fourierFromLi,
  fourierFromNeuralop,
  readDictionaryLearning,
  readSaelens,
  readSparsify,
  saelensMetadata,
  writeLi,
  writeNeuralop,
  writeSaelens,
} from "@saeno/interop";
import { ones, tidy } from "@tensorflow/tfjs-core";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { mutateJson } from "../mutations/mutate-json.ts";
import { expectThat, type FuzzTarget, pick } from "../target.ts";
import { damagedHeader } from "./safetensors.ts";
import { withoutLeaks } from "./without-leaks.ts";

const [inputs, concepts] = [5, 7];
const name = "models/peer";

interface PeerFiles {
  readonly config: unknown;
  readonly weights: Uint8Array;
}

interface Peer {
  readonly name: string;
  readonly summary: string;
  readonly share: number;
  corpus(): Promise<readonly PeerFiles[]>;
  read(config: unknown, weights: Uint8Array): Promise<SparseAutoencoder>;
}

const peers: readonly Peer[] = [
  {
    name: "saelens",
    summary: "readSaelens, saelensMetadata",
    share: 4,
    async corpus() {
      await useBackend(cpuBackend);
      const written: PeerFiles[] = [];
      for (const activation of [{ kind: "topk", k: 2 }, { kind: "relu" }, { kind: "jumprelu" }]) {
        const model = denseModel(activation);
        const { config, weights } = await writeSaelens(model, { metadata: { model_name: "gpt2" } });
        model.dispose();
        written.push({ config, weights });
      }
      const old = {
        architecture: "standard",
        d_in: inputs,
        d_sae: concepts,
        activation_fn_str: "relu",
        normalize_activations: "none",
        apply_b_dec_to_input: false,
        dtype: "float32",
      };
      return [...written, { config: old, weights: written[1].weights }];
    },
    async read(config, weights) {
      const model = await readSaelens({ config, weights, name });
      saelensMetadata(config);
      return model;
    },
  },
  {
    name: "sparsify",
    summary: "readSparsify",
    share: 2,
    async corpus() {
      const config = {
        activation: "topk",
        expansion_factor: 2,
        normalize_decoder: true,
        num_latents: 0,
        k: 3,
        multi_topk: false,
        skip_connection: false,
        transcode: false,
        d_in: inputs,
      };
      const tensors = {
        "encoder.weight": matrix(concepts, inputs, 1),
        "encoder.bias": vector(concepts, 2),
        W_dec: matrix(concepts, inputs, 3),
        b_dec: vector(inputs, 4),
      };
      return [
        { config, weights: encodeSafetensors(tensors) },
        { config: { ...config, num_latents: concepts }, weights: encodeSafetensors(tensors) },
      ];
    },
    read: async (config, weights) => readSparsify({ config, weights, name }),
  },
  {
    name: "dictionary-learning",
    summary: "readDictionaryLearning",
    share: 3,
    async corpus() {
      const of = (dictClass: string, more: object = {}) => ({
        trainer: { dict_class: dictClass, activation_dim: inputs, dict_size: concepts, ...more },
      });
      const linear = {
        "encoder.weight": matrix(concepts, inputs, 1),
        "encoder.bias": vector(concepts, 2),
        "decoder.weight": matrix(inputs, concepts, 3),
      };
      const plain = {
        W_enc: matrix(inputs, concepts, 1),
        b_enc: vector(concepts, 2),
        W_dec: matrix(concepts, inputs, 3),
        b_dec: vector(inputs, 4),
      };
      const scalar = (value: number) => ({ shape: [], values: [value] });
      return [
        { config: of("AutoEncoder"), weights: encodeSafetensors({ ...linear, bias: vector(inputs, 4) }) },
        { config: of("AutoEncoderNew"), weights: encodeSafetensors({ ...linear, "decoder.bias": vector(inputs, 4) }) },
        {
          config: of("AutoEncoderTopK", { k: 3 }),
          weights: encodeSafetensors({ ...linear, b_dec: vector(inputs, 4), threshold: scalar(-1) }),
        },
        {
          config: of("BatchTopKSAE"),
          weights: encodeSafetensors({ ...linear, b_dec: vector(inputs, 4), threshold: scalar(0.1), k: scalar(3) }),
        },
        {
          config: of("MatryoshkaBatchTopKSAE", { k: 2 }),
          weights: encodeSafetensors({ ...plain, group_sizes: vector(2, 5) }),
        },
        { config: of("JumpReluAutoEncoder"), weights: encodeSafetensors({ ...plain, threshold: vector(concepts, 6) }) },
      ];
    },
    read: async (config, weights) => readDictionaryLearning({ config, weights, name }),
  },
];

const matrix = (rows: number, columns: number, seed: number) => ({
  shape: [rows, columns],
  values: createRandom(seed).normals(rows * columns),
});
const vector = (length: number, seed: number) => ({ shape: [length], values: createRandom(seed).normals(length) });

function denseModel(activation: { readonly kind: string }): SparseAutoencoder {
  const dictionary = { kind: "dense", concepts };
  return modelFromConfig({ dictionary, encoder: { kind: "shallow" }, activation }, createRandom(7), {
    channels: inputs,
    grid: [],
  });
}

async function checkWeights(parameters: readonly Parameter[]): Promise<void> {
  for (const { name: parameter, variable } of parameters) {
    const values = await variable.data<"float32">();
    expectThat(values.every(Number.isFinite), `${parameter} is not finite`);
  }
}

const denseTargets = peers.map(
  (peer): FuzzTarget => ({
    name: peer.name,
    summary: peer.summary,
    share: peer.share,
    async prepare() {
      await useBackend(cpuBackend);
      const corpus = await peer.corpus();
      const input = (text: string, weights: Uint8Array, changes: readonly string[], broken?: string) => ({
        files: { "config.json": text, "weights.safetensors": weights },
        changes,
        names: [name],
        broken,
        read: () =>
          withoutLeaks(async () => {
            const config = parseJson(text, `${name}/config.json`);
            const model = await peer.read(config, weights);
            try {
              await checkWeights(model.parameters());
              const output = tidy(() => model.forward(ones([2, model.decoderBias.size])).reconstruction.dataSync());
              const { tensors } = parseSafetensors(weights, name);
              const sizes = new Set([...tensors.values()].flatMap(({ shape }) => shape));
              expectThat(sizes.has(output.length / 2), "its output has a size that no tensor has");
              expectThat(sizes.has(model.dictionary.conceptCount), "it has as many concepts as no tensor has");
            } finally {
              model.dispose();
            }
          }),
      });
      return {
        whole: corpus.map(({ config, weights }) => input(JSON.stringify(config), weights, [])),
        damaged: (random) => damaged(corpus, random, input),
      };
    },
  }),
);

/** The config, the header of the weights, or their bytes. */
function damaged<T>(
  corpus: readonly PeerFiles[],
  random: Random,
  input: (text: string, weights: Uint8Array, changes: readonly string[], broken?: string) => T,
): T {
  const { config, weights } = pick(corpus, random);
  const all = corpus.map((files) => files.weights);
  switch (random.integer(3)) {
    case 0: {
      const { text, changes, broken } = mutateJson(
        config,
        random,
        corpus.map((files) => files.config),
      );
      return input(text, weights, changes, broken);
    }
    case 1: {
      const { bytes, changes, broken } = damagedHeader(weights, random, all);
      return input(JSON.stringify(config), bytes, changes, broken);
    }
    default: {
      const { bytes, changes, isCut } = mutateBytes(weights, random, all);
      return input(JSON.stringify(config), bytes, changes, isCut ? "it is cut off" : undefined);
    }
  }
}

const spectral: FuzzTarget = {
  name: "spectral",
  summary: "complexTensor, fourierFromNeuralop, fourierFromLi",
  share: 3,
  async prepare() {
    await useBackend(cpuBackend);
    const model = modelFromConfig(
      {
        dictionary: { kind: "fourier", concepts: 3, modes: [3, 2] },
        encoder: { kind: "shallow" },
        activation: { kind: "relu" },
      },
      createRandom(8),
      { channels: 2, grid: [8, 8] },
    );
    const corpus: PeerFiles[] = [];
    for (const write of [writeNeuralop, writeLi]) {
      const { config, weights } = await write(model);
      corpus.push({ config, weights });
    }
    model.dispose();
    const input = (text: string, weights: Uint8Array, changes: readonly string[], broken?: string) => ({
      files: { "config.json": text, "weights.safetensors": weights },
      changes,
      broken,
      read: () =>
        withoutLeaks(async () => {
          const file = parseSafetensors(weights, "weights.safetensors");
          const isNeuralop = file.tensors.has("decoder.weight");
          const blocks = [...file.tensors.keys()].filter((key) => /^decoder\.weights\d+$/.test(key)).sort();
          const dictionary = isNeuralop
            ? fourierFromNeuralop(complexTensor(file, "decoder.weight"), { as: "decoder" })
            : fourierFromLi(
                blocks.map((key) => complexTensor(file, key)),
                { as: "decoder" },
              );
          try {
            await checkWeights(dictionary.parameters);
          } finally {
            dictionary.dispose();
          }
        }),
    });
    return {
      whole: corpus.map(({ weights }) => input("", weights, [])),
      damaged(random) {
        const { weights } = pick(corpus, random);
        const all = corpus.map((files) => files.weights);
        const { bytes, changes } =
          random.integer(2) === 0 ? damagedHeader(weights, random, all) : mutateBytes(weights, random, all);
        return input("", bytes, changes);
      },
    };
  },
};

export const peerTargets: readonly FuzzTarget[] = [...denseTargets, spectral];
