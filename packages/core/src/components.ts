/** The dictionaries, encoders and losses that are known by their kind: those of this package, and those that were registered. */
import { type ComponentConfig, findComponent, parseOptions } from "@saeno/backend";
import { convComponent } from "./conv-dictionary.ts";
import { denseComponent } from "./dense-dictionary.ts";
import type { Dictionary, DictionaryConfig } from "./dictionary.ts";
import type { DictionaryComponent, DictionaryContext } from "./dictionary-component.ts";
import type { Encoder, EncoderComponent, EncoderConfig } from "./encoder.ts";
import { fourierComponent } from "./fourier-dictionary.ts";
import { type Loss, type LossComponent, meanSquaredErrorComponent } from "./losses.ts";
import { matchingPursuitComponent } from "./matching-pursuit-encoder.ts";
import { shallowComponent } from "./shallow-encoder.ts";
import { tokenComponent } from "./token-dictionary.ts";
import { unrolledComponent } from "./unrolled-encoder.ts";

export const dictionaryComponents: readonly DictionaryComponent[] = [
  fourierComponent,
  convComponent,
  denseComponent,
  tokenComponent,
];
export const encoderComponents: readonly EncoderComponent[] = [
  shallowComponent,
  unrolledComponent,
  matchingPursuitComponent,
];
export const lossComponents: readonly LossComponent[] = [meanSquaredErrorComponent];

/** @throws SaenoError `component.unknown` with the kinds that are known. */
export function findDictionary(kind: string): DictionaryComponent {
  return findComponent("dictionary", kind, dictionaryComponents);
}

/** @throws SaenoError `component.unknown` with the kinds that are known. */
export function findEncoder(kind: string): EncoderComponent {
  return findComponent("encoder", kind, encoderComponents);
}

/**
 * The dictionary that a config describes; what it leaves open follows from the context.
 *
 * @throws SaenoError `component.unknown`, `config.value`.
 */
export function dictionaryFromConfig({ kind, ...options }: DictionaryConfig, context: DictionaryContext): Dictionary {
  const component = findDictionary(kind);
  return component.create(parseOptions(component, options, "dictionary"), context);
}

/** @throws SaenoError `component.unknown`, `config.value`. */
export function encoderFromConfig({ kind, ...options }: EncoderConfig, dictionary: Dictionary): Encoder {
  const component = findEncoder(kind);
  return component.create(parseOptions(component, options, "encoder"), dictionary);
}

/** @throws SaenoError `component.unknown`, `config.value`. */
export function lossFromConfig({ kind, ...options }: ComponentConfig): Loss {
  const component = findComponent("loss", kind, lossComponents);
  return component.create(parseOptions(component, options, "loss"));
}
