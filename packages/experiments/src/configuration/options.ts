/** What a schema says about its options: names, flags, help, defaults. Flags, forms and messages are made from it. */
import type { OptionMetadata, OptionsSchema } from "@saeno/backend";
import * as v from "valibot";

/** An option of a component, or of a section of a configuration. */
export interface Option {
  /** Its name in configurations: `stepSize`. */
  readonly name: string;
  /** Its name on the command line, `step-size`; absent if it has none. */
  readonly flag: string | undefined;
  readonly schema: v.GenericSchema;
  readonly description: string;
  /** Whether it must be given. */
  readonly required: boolean;
  /** The value if none is given; `undefined` if that depends on something. */
  readonly default: unknown;
  readonly type: OptionType;
  readonly choices: readonly string[];
  /** What its schema says for flags and messages. */
  readonly metadata: OptionMetadata;
}

export type OptionType = "yes or no" | "whole number" | "number" | "choice" | "text" | "numbers" | "JSON";

/** A schema of valibot as plain data, of whichever copy of the library. */
interface Shape {
  readonly type: string;
  readonly wrapped?: Shape;
  readonly default?: unknown;
  readonly pipe?: readonly Shape[];
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly item?: Shape;
  readonly description?: string;
  readonly metadata?: OptionMetadata;
}

export function optionsOf({ entries }: OptionsSchema): Option[] {
  return Object.entries(entries).map(([name, entry]) => {
    const layers = layersOf(entry as Shape);
    const actions = layers.flatMap(({ pipe = [] }) => pipe);
    const metadata: OptionMetadata = Object.assign({}, ...actions.map((action) => action.metadata ?? {}));
    const fallback = layers.find((layer) => layer.default !== undefined)?.default;
    return {
      name,
      flag: metadata.flag ?? (metadata.hidden ? undefined : flagName(name)),
      schema: entry as v.GenericSchema,
      description: actions.find(({ description }) => description !== undefined)?.description ?? "",
      required: !layers.some(({ type }) => /optional|nullish/.test(type)),
      default: typeof fallback === "function" ? fallback() : fallback,
      ...typeOf(layers.at(-1), actions),
      metadata,
    };
  });
}

/** `stepSize` as it is written on the command line, `step-size`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A schema and what it is wrapped around: `optional(pipe(number()))`. */
function layersOf(shape: Shape): Shape[] {
  const inner = shape.wrapped ?? shape.pipe?.[0];
  return inner === undefined || inner === shape ? [shape] : [shape, ...layersOf(inner)];
}

function typeOf(shape: Shape | undefined, actions: readonly Shape[]): Pick<Option, "type" | "choices"> {
  const alternatives = shape?.type === "union" ? (shape.options as readonly Shape[]) : [];
  const words = alternatives.flatMap(({ type, literal }) => (type === "literal" ? [String(literal)] : []));
  switch (shape?.type) {
    case "boolean":
      return { type: "yes or no", choices: [] };
    case "picklist":
      return { type: "choice", choices: (shape.options ?? []).map(String) };
    case "number":
      return { type: actions.some(({ type }) => type === "integer") ? "whole number" : "number", choices: [] };
    case "string":
      return { type: "text", choices: [] };
    case "array":
      return { type: hasText(shape.item) ? "text" : "numbers", choices: [] };
    case "union":
      return { type: alternatives.some(({ type }) => type === "number") ? "number" : "text", choices: words };
    default:
      return { type: "JSON", choices: [] };
  }
}

function hasText(shape: Shape | undefined): boolean {
  const alternatives = shape?.type === "union" ? (shape.options as readonly Shape[]) : [shape];
  return alternatives.some((each) => each?.type === "string");
}

/**
 * A value from text, as flags, forms and `--vary` give it, in the form that a schema takes: `14`, `12x14`, `28,56`, `true`, JSON. If no form fits, it is
 * returned as it is, for the schema to refuse.
 */
export function readValue(schema: v.GenericSchema, given: unknown): unknown {
  if (v.safeParse(schema, given).success) return given;
  if (typeof given === "number") return v.is(schema, [given]) ? [given] : given;
  if (typeof given !== "string") return given;
  const number = numberIn(given);
  const numbers = (text: string) => text.split("x").map(numberIn);
  const list = given.split(",").map((part) => (part.includes("x") ? numbers(part) : numberIn(part)));
  // A list before numbers: `12x10` where there may be several grids is one.
  const forms: unknown[] = [number, parsed(given), list, numbers(given), [given], given.split(",")];
  return forms.find((form) => v.is(schema, form)) ?? (Number.isNaN(number) ? given : number);
}

/** An empty text is not a number. */
function numberIn(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
