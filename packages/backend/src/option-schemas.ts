/**
 * Building blocks for options of components: the usual types, each with a message that completes "`name` ..", and {@link option}, which adds what `--help`
 * shows. Any other valibot schema works as well.
 */
import * as v from "valibot";

/** How a command line shows an option. */
export interface OptionMetadata {
  /** The name of its flag, without dashes; default its own name in kebab-case. */
  readonly flag?: string;
  /** Whether it has no flag. Default false. */
  readonly hidden?: boolean;
  /** Older names of the flag. */
  readonly aliases?: readonly string[];
  /** The default in words, if it depends on something else. */
  readonly default?: string;
  /** The names of options that this one replaces if it is given later, as `count` replaces `density`. */
  readonly excludes?: readonly string[];
  /**
   * Whether it is the path of a file or folder: `~` is expanded, and in a config file it is found from where that belongs. A function says which part of
   * the text is one, up to its end; nothing if none is. Default false.
   */
  readonly path?: boolean | ((text: string) => string | undefined);
  /** Whether it is other data, in the shorthand or by its configuration, whose own paths are treated so. Default false. */
  readonly data?: boolean;
}

export const positiveInteger: v.GenericSchema<number> = number("must be a positive integer", 1, true);
export const nonNegativeInteger: v.GenericSchema<number> = number("must be an integer of 0 or more", 0, true);
export const nonNegativeNumber: v.GenericSchema<number> = number("must be a number of 0 or more", 0);
export const positiveNumber: v.GenericSchema<number> = v.pipe(
  number("must be a positive number", 0),
  v.gtValue(0, "must be a positive number"),
);
export const share: v.GenericSchema<number> = v.pipe(
  number("must be above 0 and at most 1", 0),
  v.gtValue(0, "must be above 0 and at most 1"),
  v.maxValue(1, "must be above 0 and at most 1"),
);
export const yesOrNo: v.GenericSchema<boolean> = v.boolean("must be true or false");
/** One number for all axes of a grid, or one for each. */
export const perAxis: v.GenericSchema<number | number[]> = v.union(
  [positiveInteger, v.pipe(v.array(positiveInteger), v.minLength(1), v.maxLength(3))],
  "must be a positive integer, or one for each axis",
);

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(...words: Words): v.GenericSchema<Words[number]> {
  return v.picklist(words, `must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`);
}

/** A type with a description for people; wrap it in `v.optional(.., default)` if it may be left out. */
export function option<Schema extends v.GenericSchema>(
  schema: Schema,
  description: string,
  metadata: OptionMetadata = {},
): v.GenericSchema<v.InferInput<Schema>, v.InferOutput<Schema>> {
  return v.pipe(schema, v.description(description), v.metadata({ ...metadata }));
}

function number(message: string, least: number, whole = false): v.GenericSchema<number> {
  const finite = v.pipe(v.number(message), v.finite(message), v.minValue(least, message));
  // Integers beyond are not exact.
  return whole ? v.pipe(finite, v.integer(message), v.maxValue(Number.MAX_SAFE_INTEGER, message)) : finite;
}
