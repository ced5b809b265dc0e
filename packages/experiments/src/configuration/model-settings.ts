import type { DictionaryConfig, ModelConfig } from "@saeno/core";
import type { RunConfig } from "./run-config.ts";

export type ModelSettings = Pick<RunConfig, "model" | "concepts" | "active" | "encoder" | "activation" | "lifting">;

const kinds: Readonly<Record<string, RunConfig["model"]>> = { dense: "mlp", conv: "cnn", fourier: "fno" };

/** The settings of `saeno train` that say the form of a model which was made elsewhere. */
export function modelSettings({ dictionary, encoder, activation }: ModelConfig): ModelSettings {
  const lifted = dictionary.kind === "lifted";
  const inner = lifted ? (dictionary.dictionary as DictionaryConfig) : dictionary;
  const lifting = lifted ? (dictionary.lifting as { readonly lifted: number }).lifted : undefined;
  const concepts = inner.concepts as number;
  const k = typeof activation.k === "number" ? activation.k : 8;
  const settings = { model: kinds[inner.kind] ?? "fno", concepts, active: Math.min(k, concepts), encoder, activation };
  return lifting === undefined ? settings : { ...settings, lifting };
}
