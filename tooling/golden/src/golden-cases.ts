import {
  type Activation,
  batchTopK,
  densePreCodes,
  hardThreshold,
  jumpRelu,
  mapSparsity,
  relu,
  softThreshold,
  toDense,
  topK,
} from "@saeno/activations";
import { type EnergyKind, type Padding, packTheta } from "@saeno/backend";
import {
  convDictionary,
  type Dictionary,
  denseDictionary,
  fourierDictionary,
  liftedDictionary,
  meanSquaredError,
  SparseAutoencoder,
  shallowEncoder,
  unrolledEncoder,
} from "@saeno/core";
import { analyze, spectralEnergy, synthesize } from "@saeno/fft";
import { lifting } from "@saeno/lifting";
import { hoyerScores, mse, pairwiseCosines, r2, recoveryError, relativeError } from "@saeno/metrics";
import {
  grads,
  mul,
  reshape,
  slice,
  sqrt,
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
  "activation-batchtopk": (file) => activation(file, batchTopK({ k: Number(file.attributes.k) })),
  "activation-hardthreshold": (file) =>
    activation(file, hardThreshold({ threshold: Number(file.attributes.threshold) })),
  "activation-softthreshold": (file) =>
    activation(file, softThreshold({ threshold: Number(file.attributes.threshold) })),
  "activation-jumprelu": jumpReluCase,
  "activation-maps-": (file) => activation(file, mapsActivation(file), { u: "a", y: "z", du: "da" }),
  "model-mlp-shallow": mlpShallow,
  "model-cnn-shallow": cnnShallow,
  "model-fno-shallow": fnoShallow,
  "model-mlp-unrolled": mlpUnrolled,
  "model-mlp-unrolled-lifted": mlpUnrolledLifted,
  "model-cnn-unrolled": cnnUnrolled,
  "model-fno-unrolled": fnoUnrolled,
  metrics: metricsCase,
};

function fourier({ attributes, inputs }: GoldenFile): Computed {
  const { grid, modes, finer } = attributes as Record<string, number[]>;
  const spectrum = analyze(toTensor(inputs.x), { modes: modes });
  return {
    re: spectrum.re,
    im: spectrum.im,
    low_pass: synthesize(spectrum, { grid: grid }),
    on_finer: synthesize(spectrum, { grid: finer }),
    energy: spectralEnergy(spectrum),
  };
}

function dictionaryFourier({ attributes, inputs }: GoldenFile): Computed {
  const { grid, modes, finer } = attributes as { grid: number[]; modes: number[]; finer: number[] };
  const dictionary = fourierFrom(inputs.theta_re, inputs.theta_im, modes);
  const atoms = dictionary.atoms({ grid, origin: "corner" });
  const spectrum = analyze(atoms, { modes });
  return {
    D_re: channelsFirst(spectrum.re),
    D_im: channelsFirst(spectrum.im),
    synthesis: dictionary.synthesize({ kind: "dense", values: toTensor(inputs.z) }),
    adjoint: dictionary.correlate(toTensor(inputs.x)),
    atoms,
    atoms_finer: dictionary.atoms({ grid: finer, origin: "corner" }),
    norm: sqrt(dictionary.squaredNorms()),
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
  const run = (x: Tensor) => toDense(act.apply(densePreCodes(x), { training: true }));
  const gradient = grads((x: Tensor) => sum(mul(run(x), toTensor(inputs.g))))([u]);
  return { [names.y]: run(u), [names.du]: gradient[0] };
}

function jumpReluCase({ attributes, inputs }: GoldenFile): Computed {
  const theta = toTensor(inputs.theta);
  const act = jumpRelu({ conceptCount: theta.size, bandwidth: Number(attributes.bandwidth) });
  const thresholds = act.parameters?.()[0]?.variable as Variable;
  thresholds.assign(theta);
  const run = (u: Tensor) => toDense(act.apply(densePreCodes(u)));
  const upstream = toTensor(inputs.g);
  const [du, dtheta] = grads((u: Tensor, _: Tensor) => sum(mul(run(u), upstream)))([
    toTensor(inputs.u),
    thresholds,
  ]) as [Tensor, Tensor];
  return { y: run(toTensor(inputs.u)), du, dtheta };
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
  const encoderName = `encoder.${dictionary.parameters[0].name}`;
  const variableOf = (name: string): Variable => variables[name];
  variableOf(encoderName).assign(encoderDictionary.parameters[0].variable);
  variableOf("encoder.bias").assign(toTensor(inputs.b));
  model.setDecoderBias(toTensor(inputs.b_dec) as Tensor1D);

  const x = toTensor(inputs.x);
  const { codes, reconstruction } = model.forward(x);
  const { value, grads: gradients } = variableGrads(
    () => meanSquaredError(x, model.forward(x).reconstruction),
    model.parameters().map(({ variable }) => variable),
  );
  const gradientOf = (name: string) => gradients[variableOf(name).name];
  return {
    outputs: {
      z: toDense(codes),
      x_hat: reconstruction,
      loss: value,
      d_b: gradientOf("encoder.bias"),
      d_b_dec: gradientOf("decoder.bias"),
    },
    dD: gradientOf(`dictionary.${dictionary.parameters[0].name}`),
    dE: gradientOf(encoderName),
  };
}

function mlpUnrolled({ attributes, inputs }: GoldenFile): Computed {
  const make = () => denseFrom(inputs.D);
  const back = unrolledModel(attributes, inputs, make(), "backpropagation");
  const analytic = unrolledModel(attributes, inputs, make(), "analytic");
  return {
    ...back.outputs,
    d_D: transpose(back.gradient("atoms")),
    analytic_d_D: transpose(analytic.gradient("atoms")),
  };
}

function mlpUnrolledLifted({ attributes, inputs }: GoldenFile): Computed {
  const lift = toTensor(inputs.L);
  const [lifted, channels] = lift.shape as [number, number];
  const make = () => liftedDictionary(denseFrom(inputs.D), lifting({ channels, lifted }, { lift }));
  const back = unrolledModel(attributes, inputs, make(), "backpropagation");
  const analytic = unrolledModel(attributes, inputs, make(), "analytic");
  return {
    ...back.outputs,
    d_D: transpose(back.gradient("atoms")),
    d_L: back.gradient("lift"),
    analytic_d_D: transpose(analytic.gradient("atoms")),
    analytic_d_L: analytic.gradient("lift"),
  };
}

function cnnUnrolled({ attributes, inputs }: GoldenFile): Computed {
  const model = unrolledModel(attributes, inputs, convFrom(inputs.D, "circular"), "backpropagation");
  return { ...model.outputs, d_D: model.gradient("kernels") };
}

function fnoUnrolled({ attributes, inputs }: GoldenFile): Computed {
  const dictionary = fourierFrom(inputs.D_re, inputs.D_im, attributes.modes as number[]);
  const { outputs, gradient } = unrolledModel(attributes, inputs, dictionary, "backpropagation");
  return { ...outputs, d_D_re: part(gradient("theta"), 0), d_D_im: part(gradient("theta"), 1) };
}

/** Forward, loss and gradients of a model with an unrolled encoder at a hard threshold, its bias zero. */
function unrolledModel(
  attributes: GoldenFile["attributes"],
  inputs: GoldenFile["inputs"],
  dictionary: Dictionary,
  gradient: "backpropagation" | "analytic",
) {
  const { steps, step_size: stepSize, threshold } = attributes as Record<string, number>;
  const encoder = unrolledEncoder(dictionary, { iterations: Number(steps), stepSize: Number(stepSize), gradient });
  const model = new SparseAutoencoder({
    dictionary,
    encoder,
    activation: hardThreshold({ threshold: Number(threshold) }),
  });
  const x = toTensor(inputs.x);
  const { codes, reconstruction } = model.forward(x);
  const trained = model.parameters().filter(({ frozen }) => frozen !== true);
  const { value, grads: gradients } = variableGrads(
    () => meanSquaredError(x, model.forward(x).reconstruction),
    trained.map(({ variable }) => variable),
  );
  return {
    outputs: { z: toDense(codes), x_hat: reconstruction, loss: value },
    /** By the last part of the parameter's name. */
    gradient: (name: string): Tensor => {
      const found = trained.find((parameter) => parameter.name.endsWith(`.${name}`));
      return gradients[found?.variable.name ?? ""];
    },
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
    concepts: shape[0],
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
