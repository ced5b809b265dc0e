/** What concepts do to the outputs of a network, as kept next to the index of concepts: `effects.json` of a run. */
import { issueOf, parseJson, SaenoError } from "@saeno/backend";
import * as v from "valibot";

const editSchema = v.union([v.object({ factor: v.number() }), v.object({ move: v.array(v.number()) })]);

const channelSchema = v.object({ channel: v.number(), share: v.number(), direction: v.number() });

const conceptSchema = v.object({
  concept: v.number(),
  samples: v.number(),
  effect: v.number(),
  change: v.number(),
  attribution: v.optional(v.number()),
  sample: v.number(),
  channels: v.optional(v.array(channelSchema)),
});

const effectsSchema = v.object({
  model: v.string(),
  data: v.looseObject({ kind: v.string() }),
  seed: v.number(),
  network: v.string(),
  layer: v.string(),
  output: v.string(),
  edit: editSchema,
  samples: v.number(),
  concepts: v.array(conceptSchema),
  rankCorrelation: v.optional(v.number()),
  pairs: v.number(),
  channelNames: v.optional(v.array(v.string())),
  all: v.optional(v.boolean()),
});

const fileSchema = v.object({ format: v.literal("saeno-effects"), effects: v.array(effectsSchema) });

/** A code multiplied by a factor, where 0 removes it; or moved by points of the grid on each axis. */
export type EffectEdit = { readonly factor: number } | { readonly move: readonly number[] };

/** How an output channel, such as a class, takes part in a change. */
export interface ChannelChange {
  readonly channel: number;
  /** Its share of the squared change of the output. */
  readonly share: number;
  /** From -1, less everywhere, to 1, more everywhere. */
  readonly direction: number;
}

export interface ConceptEffect {
  readonly concept: number;
  /** How many samples it is active in. */
  readonly samples: number;
  /** Means over all samples, those where it is not active with 0: of the change of the target .. */
  readonly effect: number;
  /** .. of `||y' - y|| / ||y||` .. */
  readonly change: number;
  /** .. and of the guess: the gradient of the target times what the edit changes in the map. */
  readonly attribution?: number | undefined;
  /** The sample whose output it changes most. */
  readonly sample: number;
  /** The channels of the output that change most, most first. Absent if there is only one. */
  readonly channels?: readonly ChannelChange[] | undefined;
}

export interface ConceptEffects {
  readonly network: string;
  readonly layer: string;
  readonly output: string;
  readonly edit: EffectEdit;
  readonly samples: number;
  /** The concepts that were active, by falling change of the output. */
  readonly concepts: readonly ConceptEffect[];
  /** Spearman's correlation of guess and truth, over all pairs of a sample and a concept that is active in it. */
  readonly rankCorrelation?: number | undefined;
  readonly pairs: number;
}

/** Effects with what they were computed from. */
export interface KeptEffects extends ConceptEffects {
  /** `modelHash` of the model. */
  readonly model: string;
  /** The network, layer and images as the configuration of data, and the seed that the images were opened with. */
  readonly data: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly seed: number;
  /** The names of the output's channels, if they are known. */
  readonly channelNames?: readonly string[] | undefined;
  /** Whether these were all samples: asking for more gives the same. */
  readonly all?: boolean | undefined;
}

type EffectsKey = Pick<KeptEffects, "model" | "data" | "seed" | "edit" | "samples"> & {
  /** Default: any. */
  readonly output?: string | undefined;
};

/** @throws SaenoError `effects.file` for a file that is damaged. */
export function readEffects(bytes: Uint8Array, name: string): readonly KeptEffects[] {
  const parsed = v.safeParse(fileSchema, parseJson(bytes, name));
  if (parsed.success) return parsed.output.effects;
  const [issue] = parsed.issues;
  const problem = `${name} is damaged: ${v.getDotPath(issue) ?? "it"} ${issueOf(issue)}. Remove it: effects are measured again.`;
  throw new SaenoError("effects.file", problem, { kind: "data" });
}

/** The text of a file. */
export function encodeEffects(effects: readonly KeptEffects[]): string {
  return `${JSON.stringify({ format: "saeno-effects", effects }, null, 1)}\n`;
}

/** The effects that were computed from the same, if they are there. */
export function findEffects(effects: readonly KeptEffects[], key: EffectsKey): KeptEffects | undefined {
  return effects.find((each) => {
    const samples = each.all ? Math.min(key.samples, each.samples) : key.samples;
    return keyOf({ ...key, samples, output: key.output ?? each.output }) === keyOf(each);
  });
}

/** Adds effects, which replace those computed from the same and come first; drops those of another model. */
export function withEffects(effects: readonly KeptEffects[], added: KeptEffects): readonly KeptEffects[] {
  const others = effects.filter((each) => each.model === added.model && keyOf(each) !== keyOf(added));
  return [added, ...others];
}

function keyOf({ model, data, seed, edit, samples, output }: EffectsKey): string {
  return JSON.stringify([model, data, seed, "factor" in edit ? edit.factor : edit.move, samples, output]);
}

/** `removed`, `times 2`, `moved by 0, 3 points`. */
export function editInWords(edit: EffectEdit): string {
  if ("move" in edit) return `moved by ${edit.move.join(", ")} ${edit.move.join() === "1" ? "point" : "points"}`;
  return edit.factor === 0 ? "removed" : `times ${edit.factor}`;
}
