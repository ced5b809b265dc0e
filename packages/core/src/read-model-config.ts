import { SaenoError } from "@saeno/backend";
import * as v from "valibot";
import type { ModelConfig } from "./sparse-autoencoder.ts";

const component = v.looseObject({ kind: v.string() });

const schema = v.looseObject({
  dictionary: component,
  encoder: component,
  activation: component,
  normalized: v.exactOptional(v.boolean(), false),
});

/**
 * The form of a model as a file holds it, of this version or an older one (which named activations by `name`, and spelled otherwise).
 *
 * @param where what to call it in errors.
 * @throws SaenoError `model.config` naming the part that is missing or wrong.
 */
export function readModelConfig(value: unknown, where: string): ModelConfig {
  const parsed = v.safeParse(schema, upgraded(value));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SaenoError(
    "model.config",
    `${where} does not describe a model: ${v.getDotPath(issue) ?? "it"} must be ${issue.expected ?? "there"}; got ${issue.received}.`,
    { kind: "data" },
  );
}

/** What older versions wrote, in today's words. */
function upgraded(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { normalised, ...rest } = value;
  return {
    ...rest,
    ...(normalised === undefined ? {} : { normalized: normalised }),
    dictionary: upgradedDictionary(rest.dictionary),
    activation: upgradedActivation(rest.activation),
  };
}

function upgradedDictionary(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const inner = value.dictionary === undefined ? {} : { dictionary: upgradedDictionary(value.dictionary) };
  return { ...value, ...inner, ...(value.start === "localised" ? { start: "localized" } : {}) };
}

function upgradedActivation(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { name, ...rest } = value;
  const inner = value.activation === undefined ? {} : { activation: upgradedActivation(value.activation) };
  return { ...rest, ...inner, ...(rest.kind === undefined && name !== undefined ? { kind: name } : {}) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
