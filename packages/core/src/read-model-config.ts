import { mapOptions } from "@saeno/activations";
import { issueOf, SaenoError } from "@saeno/backend";
import * as v from "valibot";
import type { ModelConfig } from "./sparse-autoencoder.ts";

const component = v.looseObject({ kind: v.string() });

const schema = v.looseObject({
  dictionary: component,
  encoder: component,
  activation: component,
  lifting: v.exactOptional(v.looseObject({})),
  normalized: v.exactOptional(v.boolean(), false),
});

/**
 * The form of a model as a file holds it, of this version or an older one (which named activations by `name`, and spelled otherwise).
 *
 * @param where what to call the file in errors.
 * @throws SaenoError `model.config` naming the part that is missing or wrong.
 */
export function readModelConfig(value: unknown, where: string): ModelConfig {
  const parsed = v.safeParse(schema, upgraded(value));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SaenoError(
    "model.config",
    `${where} does not describe a model: ${v.getDotPath(issue) ?? "it"} ${issueOf(issue)}.`,
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
    ...upgradedDictionary(rest.dictionary),
    activation: upgradedActivation(rest.activation),
  };
}

/** A lifting was a dictionary around another. */
function upgradedDictionary(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) return { dictionary: value };
  if (value.kind === "lifted") return { lifting: value.lifting, ...upgradedDictionary(value.dictionary) };
  return { dictionary: { ...value, ...(value.start === "localised" ? { start: "localized" } : {}) } };
}

/** Kinds were names, the number of concepts was repeated, and the two rules of maps were objects; they were top-k where nothing else is said. */
function upgradedActivation(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const { name, ...rest } = value;
  const { kind = name, ...options } = rest;
  if (!repeatedCount.has(kind)) return { kind, ...options };
  const { conceptCount: _, activation, concepts, domain, ...others } = options;
  const rules = v.safeParse(mapRules, { concepts, domain });
  return {
    kind,
    ...(kind === "map-sparsity" ? { conceptRule: "topk", domainRule: "topk" } : {}),
    ...others,
    ...(activation === undefined ? {} : { activation: upgradedActivation(activation) }),
    ...(rules.success ? mapOptions(rules.output.concepts, rules.output.domain) : {}),
  };
}

const repeatedCount: ReadonlySet<unknown> = new Set(["jumprelu", "map-sparsity", "balanced"]);
const threshold = v.object({ threshold: v.number(), bandwidth: v.exactOptional(v.number()) });
const batch = v.exactOptional(v.boolean());
const mapRules = v.object({
  concepts: v.union([v.number(), v.object({ batch: v.number() }), threshold]),
  domain: v.optional(
    v.union([v.object({ density: v.number(), batch }), v.object({ count: v.number(), batch }), threshold]),
    { density: 1 },
  ),
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
