import { type Activation, densePreCodes, mapSparsity, relu, toDense, topK } from "@saeno/activations";
import { type EnergyKind, type Padding, packTheta } from "@saeno/backend";
import {
  convDictionary,
  type Dictionary,
  denseDictionary,
  fourierDictionary,
  meanSquaredError,
  SparseAutoencoder,
  shallowEncoder,
} from "@saeno/core";
import { analyse, spectralEnergy, synthesise } from "@saeno/fft";
import { hoyerScores, mse, pairwiseCosines, r2, recoveryError, relativeError } from "@saeno/metrics";
import {
  grads,
  mul,
  reshape,
  slice,
  sum,
  type Tensor,
  type Tensor1D,
  transpose,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { type Computed, type GoldenArray, type GoldenFile, toTensor } from "./golden-file.ts";

type Run = (file: GoldenFile) => Computed;

/** How each kind of golden file runs through the public API, by the start of its name. The longest match counts. */
export const goldenCases: Readonly<Record<string, Run>> = {
  "fourier-": fourier,
  "dictionary-fourier": dictionaryFourier,
  "dictionary-conv-": dictionaryConv,
  "activation-relu": (file) => activation(file, relu()),
  "activation-topk": (file) => activation(file, topK({ k: Number(file.attributes.k) })),
  "activation-maps-": (file) => activation(file, mapsActivation(file), { u: "a", y: "z", du: "da" }),
  "model-mlp-shallow": mlpShallow,
  "model-cnn-shallow": cnnShallow,
  "model-fno-shallow": fnoShallow,
  metrics: metricsCase,
};

function fourier({ attributes, inputs }: GoldenFile): Computed {
  const { grid, modes, finer } = attributes as Record<string, number[]>;
  const spectrum = analyse(toTensor(inputs.x), { modes: modes as number[] });
  return {
    re: spectrum.re,
    im: spectrum.im,
    low_pass: synthesise(spectrum, { grid: grid as number[] }),
    on_finer: synthesise(spectrum, { grid: finer as number[] }),
    energy: spectralEnergy(spectrum),
  };
}

function dictionaryFourier({ attributes, inputs }: GoldenFile): Computed {
  const { grid, modes, finer } = attributes as { grid: number[]; modes: number[]; finer: number[] };
  const dictionary = fourierFrom(inputs.theta_re, inputs.theta_im, modes);
  const atoms = dictionary.atoms(grid);
  const spectrum = analyse(atoms, { modes });
  return {
    D_re: channelsFirst(spectrum.re),
    D_im: channelsFirst(spectrum.im),
    synthesis: dictionary.synthesize({ kind: "dense", values: toTensor(inputs.z) }),
    adjoint: dictionary.correlate(toTensor(inputs.x)),
    atoms,
    atoms_finer: dictionary.atoms(finer),
    norm: dictionary.norms(),
  };
}

function dictionaryConv({ attributes, inputs }: GoldenFile): Computed {
  const dictionary = convFrom(inputs.kernels, attributes.padding as Padding);
  return {
    synthesis: dictionary.synthesize({ kind: "dense", values: toTensor(inputs.z) }),
    adjoint: dictionary.correlate(toTensor(inputs.x)),
  };
}

function activation({ inputs }: GoldenFile, act: Activation, names = { u: "u", y: "y", du: "du" }): Computed {
  const u = toTensor(inputs[names.u]);
  const run = (x: Tensor) => toDense(act.apply(densePreCodes(x)));
  const gradient = grads((x: Tensor) => sum(mul(run(x), toTensor(inputs.g))))([u]);
  return { [names.y]: run(u), [names.du]: gradient[0] as Tensor };
}

function mapsActivation({ attributes }: GoldenFile): Activation {
  const { concepts, energy, count, density, energyGrid } = attributes;
  const domain = count === undefined ? { density: Number(density) } : { count: Number(count) };
  return mapSparsity({
    concepts: Number(concepts),
    domain,
    energy: energy as EnergyKind,
    energyGrid: (energyGrid ?? "data") as number | "data",
  });
}

function mlpShallow({ attributes, inputs }: GoldenFile): Computed {
  const make = (name: string) => denseFrom(inputs[name]);
  const result = shallowModel(inputs, make, topK({ k: Number(attributes.k) }));
  return { ...result.outputs, d_D: transpose(result.dD), d_E: transpose(result.dE) };
}

function cnnShallow(file: GoldenFile): Computed {
  const result = shallowModel(file.inputs, (name) => convFrom(file.inputs[name], "circular"), mapsActivation(file));
  return { ...result.outputs, d_D: result.dD, d_E: result.dE };
}

function fnoShallow(file: GoldenFile): Computed {
  const modes = file.attributes.modes as number[];
  const make = (name: string) => fourierFrom(file.inputs[`${name}_re`], file.inputs[`${name}_im`], modes);
  const { outputs, dD, dE } = shallowModel(file.inputs, make, mapsActivation(file));
  return { ...outputs, d_D_re: part(dD, 0), d_D_im: part(dD, 1), d_E_re: part(dE, 0), d_E_im: part(dE, 1) };
}

/** Forward, loss and gradients of an untied model with the parameters of the file. */
function shallowModel(inputs: GoldenFile["inputs"], make: (name: string) => Dictionary, act: Activation) {
  const [dictionary, encoderDictionary] = [make("D"), make("E")];
  const encoder = shallowEncoder(dictionary);
  const model = new SparseAutoencoder({ dictionary, encoder, activation: act });
  const variables = Object.fromEntries(model.parameters().map(({ name, variable }) => [name, variable]));
  const encoderName = `encoder.${dictionary.parameterName}`;
  const variableOf = (name: string): Variable => variables[name] as Variable;
  variableOf(encoderName).assign(encoderDictionary.parameter);
  variableOf("encoder.bias").assign(toTensor(inputs.b));
  model.setDecoderBias(toTensor(inputs.b_dec) as Tensor1D);

  const x = toTensor(inputs.x);
  const { codes, reconstruction } = model.forward(x);
  const { value, grads: gradients } = variableGrads(
    () => meanSquaredError(x, model.forward(x).reconstruction),
    model.parameters().map(({ variable }) => variable),
  );
  const gradientOf = (name: string) => gradients[variableOf(name).name] as Tensor;
  return {
    outputs: {
      z: toDense(codes),
      x_hat: reconstruction,
      loss: value,
      d_b: gradientOf("encoder.bias"),
      d_b_dec: gradientOf("decoder.bias"),
    },
    dD: gradientOf(`dictionary.${dictionary.parameterName}`),
    dE: gradientOf(encoderName),
  };
}

function metricsCase({ inputs }: GoldenFile): Computed {
  const [a, b, x, reconstruction] = [inputs.A, inputs.B, inputs.x, inputs.x_hat].map(toTensor) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const { match, cosines, mean } = recoveryError(a, b);
  return {
    hoyer_A: hoyerScores(a),
    hoyer_B: hoyerScores(b),
    pairwise_A: pairwiseCosines(a),
    matched: cosines,
    match,
    recovery_mean: [mean],
    mse: [mse(x, reconstruction)],
    relative: [relativeError(x, reconstruction)],
    r2: [r2(x, reconstruction)],
  };
}

function denseFrom(atoms: GoldenArray | undefined): Dictionary {
  const values = toTensor(atoms);
  const [inputCount, concepts] = values.shape as [number, number];
  return denseDictionary({ inputs: inputCount, concepts }, transpose(values));
}

function convFrom(kernels: GoldenArray | undefined, padding: Padding): Dictionary {
  const values = toTensor(kernels);
  const { shape } = values;
  const options = {
    channels: shape.at(-1) as number,
    concepts: shape[0] as number,
    kernel: shape.slice(1, -1),
    padding,
  };
  return convDictionary(options, values);
}

function fourierFrom(re: GoldenArray | undefined, im: GoldenArray | undefined, modes: number[]): Dictionary {
  const parts = { re: toTensor(re), im: toTensor(im) };
  const [concepts, channels] = parts.re.shape as [number, number];
  return fourierDictionary({ channels, concepts, modes }, packTheta(parts));
}

/** `[K, ...M, C]` to `[K, C, ...M]`. */
function channelsFirst(x: Tensor): Tensor {
  return transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]);
}

function part(theta: Tensor, index: number): Tensor {
  const [concepts, , ...rest] = theta.shape as [number, number, ...number[]];
  const begin = theta.shape.map((_, axis) => (axis === 1 ? index : 0));
  return reshape(slice(theta, begin, [concepts, 1, ...rest]), [concepts, ...rest]);
}
