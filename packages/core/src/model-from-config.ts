import { type Activation, activationFromConfig, findActivation } from "@saeno/activations";
import { parseOptions, type Random, readOptions } from "@saeno/backend";
import { type Lifting, liftingFromConfig, liftingSchema } from "@saeno/lifting";
import { eye, type Tensor2D, tidy, transpose } from "@tensorflow/tfjs-core";
import { dictionaryFromConfig, encoderFromConfig, findDictionary, findEncoder } from "./components.ts";
import type { Dictionary } from "./dictionary.ts";
import { chosenCodes, type DictionaryContext } from "./dictionary-component.ts";
import type { Pairing } from "./encoder.ts";
import { liftedDictionary } from "./lifted-dictionary.ts";
import { type ModelConfig, SparseAutoencoder } from "./sparse-autoencoder.ts";

/** A model's form as people write it: encoder and activation may be left out, and any option that has a default. */
export type ModelDescription = Pick<ModelConfig, "dictionary"> & Partial<ModelConfig>;

/**
 * A model of the form that a config describes, its parameters at a fresh start drawn from `random`. Its `toConfig()` includes what the config left open.
 *
 * @param data what the model is for; channels and grid may then be left out of the config.
 * @throws SaenoError `component.unknown` for a kind that is not known, `config.value` for an option that is wrong.
 */
export function modelFromConfig(
  config: ModelDescription,
  random: Random,
  data: Omit<DictionaryContext, "random"> = {},
): SparseAutoencoder {
  const dictionary = dictionaryOf(config, { ...data, random });
  let activation: Activation | undefined;
  try {
    const pair = pairedConfigs(config, chosenCodes(dictionary));
    // Activations are refused most often, and hold least.
    activation = activationFromConfig(pair.activation, dictionary);
    const encoder = encoderFromConfig(pair.encoder, dictionary);
    return new SparseAutoencoder({ dictionary, encoder, activation, normalized: config.normalized === true });
  } catch (error) {
    dictionary.dispose();
    activation?.dispose?.();
    throw error;
  }
}

/**
 * The shapes of a model's parameters by their names in a file, as far as its config determines them. Makes no tensors.
 *
 * @throws SaenoError as {@link modelFromConfig}.
 */
export function parameterShapes({
  dictionary: { kind, ...options },
  lifting,
}: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const component = findDictionary(kind);
  const shapes = Object.entries(component.shapes?.(parseOptions(component, options, "dictionary")) ?? {});
  const known = new Map(shapes.map(([name, shape]) => [`dictionary.${name}`, shape]));
  if (lifting === undefined) return known;
  const { lifted, channels } = readOptions(liftingSchema, lifting, "lifting");
  return known.set("lifting.lift", [Number(lifted), Number(channels)]);
}

function dictionaryOf({ dictionary, lifting }: ModelDescription, context: DictionaryContext): Dictionary {
  if (lifting === undefined) return dictionaryFromConfig(dictionary, context);
  const { random, channels } = context;
  const matrices = liftingFromConfig(lifting, {
    random: random.split("lifting"),
    ...(channels === undefined ? {} : { channels }),
  });
  try {
    const inner = dictionaryFromConfig(dictionary, { ...context, channels: matrices.lifted });
    // Atoms start in the range of L, as those of a dictionary of the data would, lifted: gradient descent stays in it
    // (specification: Propositions, 1).
    tidy(() => inner.mapChannels?.(projection(matrices)));
    inner.normalize();
    return liftedDictionary(inner, matrices);
  } catch (error) {
    matrices.dispose();
    throw error;
  }
}

/** `L P`. */
function projection({ lift, project, lifted: size }: Lifting): Tensor2D {
  // Rows are the images of unit vectors.
  return transpose(lift(project(eye(size)))) as Tensor2D;
}

/** Encoder and activation, each what the other and the codes of the dictionary make of what was left open; without their defaults. */
export function pairedConfigs(
  { encoder = { kind: "shallow" }, activation }: Partial<Pairing>,
  codes: Dictionary["codes"],
): Pairing {
  const component = findEncoder(encoder.kind);
  const given = { encoder, activation: activation ?? { kind: component.activation ?? "topk" } };
  const pair = component.pair?.(given, codes) ?? given;
  const wanted = Object.entries(findActivation(pair.activation.kind).encoder ?? {}).filter(
    ([name]) => name in component.schema.entries,
  );
  return {
    encoder: { ...Object.fromEntries(wanted), ...pair.encoder },
    activation: codes === "maps" ? onMaps(pair.activation) : pair.activation,
  };
}

/** What an activation of scalar codes becomes on maps: its own options say how, others are those of what stands in for it. */
function onMaps(activation: Pairing["activation"]): Pairing["activation"] {
  const { kind, ...options } = activation;
  const component = findActivation(kind);
  if (component.onMaps === undefined) return activation;
  const isOwn = ([name]: [string, unknown]) => name in component.schema.entries;
  const entries = Object.entries(options);
  const own = Object.fromEntries(entries.filter(isOwn));
  const others = Object.fromEntries(entries.filter((entry) => !isOwn(entry)));
  return { ...component.onMaps(parseOptions(component, own, "activation")), ...others };
}
