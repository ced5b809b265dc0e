import { createRandom, SaenoError, suggestion } from "@saeno/backend";
import { flagOf, runSettings } from "../configuration/settings.ts";

/** Settings of one run that differ from the base. */
export type Variation = Readonly<Record<string, unknown>>;

/** What a field takes: some values, or a range to draw from. */
export type FieldValues = readonly unknown[] | { readonly from: number; readonly to: number };

export interface SweptField {
  readonly name: string;
  readonly values: FieldValues;
}

/**
 * `lr=0.005,0.01` or `lr=0.001..0.1` as a field and its values. Values are numbers, booleans or JSON if they read as such, else text, such as `12x14` for
 * settings with a number for each axis.
 *
 * @throws SaenoError `sweep.vary` for text of another form, or a setting that does not exist.
 */
export function parseVary(text: string): SweptField {
  const equals = text.indexOf("=");
  const given = text.slice(0, Math.max(0, equals)).trim();
  const rest = text.slice(equals + 1).trim();
  if (equals < 1 || rest === "") {
    throw new SaenoError("sweep.vary", `--vary ${text}: write a setting and its values, such as lr=0.005,0.01.`);
  }
  const name = settingName(given);
  if (name === "seed") throw new SaenoError("sweep.vary", "Seeds are varied by --seeds N, from --seed on.");
  const range = /^([^,]+)\.\.([^,]+)$/.exec(rest);
  return {
    name,
    values: range === null ? different(listOf(rest)) : rangeOf(text, Number(range[1]), Number(range[2])),
  };
}

function settingName(given: string): string {
  const settings = runSettings();
  const found = settings.find(({ flag }) => flag === flagOf(given));
  if (found !== undefined) return found.name;
  const names = settings.map(({ name }) => name);
  const near = suggestion(given, names) || ` Settings are ${names.join(", ")}.`;
  throw new SaenoError("sweep.vary", `--vary ${given}: there is no setting "${given}".${near}`);
}

function rangeOf(text: string, from: number, to: number): FieldValues {
  if (from > 0 && to > from && Number.isFinite(to)) return { from, to };
  throw new SaenoError("sweep.vary", `--vary ${text}: a range goes from a number above 0 to a larger one.`);
}

function listOf(text: string): unknown[] {
  const whole = parsed(text);
  if (typeof whole === "object" && whole !== null) return [whole];
  return text.split(",").map((part) => parsed(part.trim()));
}

/** Each value once. */
function different(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * All combinations of the fields' values, the last field changing fastest.
 *
 * @throws SaenoError `sweep.vary` for a range, which has no values to combine.
 */
export function combinations(swept: readonly SweptField[]): Variation[] {
  return swept.reduce<Variation[]>(
    (variations, { name, values }) => {
      if ("from" in values) {
        throw new SaenoError(
          "sweep.vary",
          `${name}=${values.from}..${values.to} is a range: say how many to draw with --random N, or list values.`,
        );
      }
      return variations.flatMap((variation) => values.map((value) => ({ ...variation, [name]: value })));
    },
    [{}],
  );
}

/**
 * `count` different variations at random: of each field one of its values, or a number from its range, log-uniform; a whole one where both
 * ends are. Fewer where there are not so many.
 */
export function drawFrom(swept: readonly SweptField[], count: number, seed: number): Variation[] {
  const random = createRandom(seed).split("sweep");
  const drawn = new Map<string, Variation>();
  for (let attempt = 0; drawn.size < count && attempt < 100 * count; attempt++) {
    const variation = Object.fromEntries(swept.map(({ name, values }) => [name, drawValue(values, random)]));
    drawn.set(JSON.stringify(variation), variation);
  }
  return [...drawn.values()];
}

function drawValue(values: FieldValues, random: ReturnType<typeof createRandom>): unknown {
  if (!("from" in values)) return values[random.integer(values.length)];
  const { from, to } = values;
  const value = from * (to / from) ** random.uniform();
  return Number.isInteger(from) && Number.isInteger(to) ? Math.round(value) : Number(value.toPrecision(3));
}

/** A variation as the name of a folder: `lr=0.01,modes=14`. */
export function variationName(variation: Variation): string {
  const parts = Object.entries(variation).map(([name, value]) => `${name}=${valueText(value)}`);
  return parts.join(",") || "base";
}

/** A value as people would write it. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.join("x");
  return typeof value === "string" ? value : JSON.stringify(value);
}
