import type { ModelConfig } from "@saeno/core";
import type { RunConfig } from "./run-config.ts";

export type ModelSettings = Pick<RunConfig, "model" | "concepts" | "active" | "encoder" | "activation" | "lifting">;

const kinds: Readonly<Record<string, RunConfig["model"]>> = { dense: "mlp", conv: "cnn", fourier: "fno" };

/** The settings of `saeno train` that say the form of a model which was made elsewhere. */
export function modelSettings({ dictionary, encoder, activation, lifting }: ModelConfig): ModelSettings {
  const concepts = dictionary.concepts as number;
  const k = typeof activation.k === "number" ? activation.k : 8;
  const active = Math.min(k, concepts);
  const settings = { model: kinds[dictionary.kind] ?? "fno", concepts, active, encoder, activation };
  return typeof lifting?.lifted === "number" ? { ...settings, lifting: lifting.lifted } : settings;
}
