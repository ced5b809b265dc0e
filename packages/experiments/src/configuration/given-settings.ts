import {
  type ComponentConfig,
  type OptionsSchema,
  parseJson,
  problemOf,
  readOptions,
  shown,
  suggestion,
} from "@saeno/backend";
import * as v from "valibot";
import { configError, isRecord, type Settings } from "./config-files.ts";
import { type Option, optionsOf, readValue } from "./options.ts";
import { componentOptions, findIn, knownIn, nameOf, type RunComponent, type Slot } from "./parts.ts";
import { flagOf, type Setting } from "./settings.ts";

/** Components that options may switch off. One that a run may have anyway is kept then, to say so. */
interface Switchable {
  isOff?(options: Settings): boolean;
  isUsual?: unknown;
}

/** A component that was chosen, and the options that came with the choice. */
export interface Choice<C> {
  readonly component: C;
  readonly own: Settings;
}

export interface ChoiceOptions {
  /** The kind where none is named. */
  readonly usual?: string | undefined;
  /** The flags that may name one. */
  readonly flags?: readonly string[];
  /** Whether that of the file makes way for the usual one. */
  readonly anew?: boolean;
}

/** Settings by their flags, handed out to the parts of a configuration; what nobody takes is an error in the end. */
export class GivenSettings {
  readonly #given: Map<string, unknown>;
  readonly #below: ReadonlyMap<string, unknown>;
  readonly #known: readonly Setting[];
  readonly #file: string | undefined;
  readonly #taken = new Set<string>();

  /** @param below settings of a file, which the others win over; one that has no effect is not an error. */
  constructor(
    given: Settings,
    below: ReadonlyMap<string, unknown>,
    { known, file }: { readonly known: readonly Setting[]; readonly file: string | undefined },
  ) {
    const defined = Object.entries(given).filter(([, value]) => value !== undefined);
    this.#given = new Map(defined.map(([name, value]) => [flagOf(name, known), value]));
    this.#below = below;
    this.#known = known;
    this.#file = file;
  }

  has(flag: string | undefined): boolean {
    return flag !== undefined && (this.#given.has(flag) || this.#below.has(flag));
  }

  /** The value of the first flag that has one; those of the file come last. */
  take(...flags: readonly string[]): unknown {
    for (const values of [this.#given, this.#below]) {
      const flag = flags.find((each) => values.has(each));
      if (flag === undefined) continue;
      this.#taken.add(flag);
      return values.get(flag);
    }
    return undefined;
  }

  /**
   * The options that have flags which were given, each checked by itself. A flag without its value leaves the default, one of the file what
   * a component has of its own.
   */
  values(options: readonly Option[], own: Settings): Settings {
    const values: Record<string, unknown> = {};
    for (const { flag, name, schema, type } of options) {
      const given = flag === undefined ? undefined : this.take(flag);
      if (given === undefined || (given === true && type !== "yes or no")) continue;
      if (own[name] !== undefined && !this.#given.has(flag ?? "")) continue;
      const value = readValue(schema, given);
      const parsed = v.safeParse(schema, value);
      if (!parsed.success) {
        const where = this.#given.has(flag ?? "") || this.#file === undefined ? "" : ` in ${this.#file}`;
        throw configError(`--${flag} ${problemOf(parsed.issues[0])}; got ${shown(value)}${where}.`);
      }
      values[name] = value;
    }
    // Of two that exclude each other, a file has the one and a flag the other.
    const isGiven = ({ flag = "" }: Option) => this.#given.has(flag);
    for (const option of options) {
      if (values[option.name] === undefined || !isGiven(option)) continue;
      for (const other of option.metadata.excludes ?? []) {
        if (!options.some((each) => each.name === other && isGiven(each))) delete values[other];
      }
    }
    return values;
  }

  /** Options of a section of plain options, defaults filled in. */
  section<Schema extends OptionsSchema>(schema: Schema, own: Settings, where: string): v.InferOutput<Schema> {
    const options = optionsOf(schema);
    return readOptions(schema, merged(own, this.values(options, own), options), where);
  }

  /** The component that a flag names, else that of the file, else the usual one. */
  choose<C extends RunComponent>(
    slot: Slot<C>,
    below: Settings,
    { usual = slot.usual, flags = [slot.flag], anew = false }: ChoiceOptions = {},
  ): Choice<C> {
    const { kind, ...own } = configOf(slot.flag, this.take(...flags) ?? (anew ? usual : (below.kind ?? usual)));
    const component = findIn(slot, kind);
    if (component.kind !== below.kind) return { component, own: { ...carried(slot, below, component), ...own } };
    const { kind: _, ...before } = below;
    return { component, own: { ...before, ...own } };
  }

  /** A component with its options: its own, and those that flags give. */
  configOf<C extends RunComponent>({ component, own }: Choice<C>, where: string): ComponentConfig {
    const options = componentOptions(component);
    return completed(component, merged(own, this.values(options, own), options), where);
  }

  /** Components of which there may be any number: those of the file, those that a flag names, and those that have an option given. */
  all<C extends RunComponent & Switchable>(slot: Slot<C>, below: unknown): ComponentConfig[] {
    const before = (Array.isArray(below) ? below : []).map((each) => configOf(slot.flag, each));
    const named = [this.take(slot.flag) ?? []].flat().map((each) => configOf(slot.flag, each));
    for (const { kind } of [...before, ...named]) findIn(slot, kind);
    return knownIn(slot).flatMap((component) => {
      const own = [...before, ...named].filter(({ kind }) => kind === component.kind);
      const flagged = componentOptions(component).some(({ flag }) => this.has(flag));
      if (own.length === 0 && !flagged) return [];
      const { kind: _, ...options } = Object.assign({ kind: "" }, ...own);
      const config = this.configOf({ component, own: options }, slot.type);
      return component.isUsual === undefined && component.isOff?.(config) ? [] : [config];
    });
  }

  /** @throws SaenoError `config.value` for a setting that nothing took. */
  refuseRest(): void {
    const found = (flag: string) => this.#known.find((setting) => setting.flag === flag);
    const names = this.#known.map(({ name }) => name);
    for (const [flag, value] of this.#given) {
      if (this.#taken.has(flag)) continue;
      const setting = found(flag);
      if (setting === undefined) throw configError(`There is no setting "${flag}".${suggestion(flag, names)}`);
      const why = setting.needs === undefined ? "another setting replaces it" : `it goes with ${setting.needs}`;
      const written = setting.negatable && value === false ? `no-${flag}` : flag;
      throw configError(`--${written} has no effect here: ${why}.`);
    }
    for (const flag of this.#below.keys()) {
      if (this.#taken.has(flag) || found(flag) !== undefined) continue;
      throw configError(`Unknown setting "${flag}" in ${this.#file ?? "the configuration"}.${suggestion(flag, names)}`);
    }
  }
}

/** Options that were given over others; of two that exclude each other the given one stays. */
export function merged(own: Settings, values: Settings, options: readonly Option[]): Settings {
  const excluded = options.flatMap(({ name, metadata }) =>
    values[name] === undefined ? [] : (metadata.excludes ?? []),
  );
  const kept = Object.entries(own).filter(([name, value]) => value !== undefined && !excluded.includes(name));
  return { ...Object.fromEntries(kept), ...values };
}

/**
 * A component's options, checked, defaults filled in.
 *
 * @throws SaenoError `config.value`.
 */
export function completed(component: RunComponent, { kind: _, ...options }: Settings, where: string): ComponentConfig {
  const { kind, schema } = component;
  const missing = componentOptions(component).find(({ name, required }) => required && options[name] === undefined);
  if (missing !== undefined) {
    const what = missing.flag === undefined ? missing.name : `--${missing.flag}`;
    throw configError(`${nameOf(component)} needs ${what}: ${missing.description}.`);
  }
  return { kind, ...readOptions(schema, options, `${where} "${kind}"`) };
}

/** A component as a setting names it: its kind, or its configuration, which may be JSON. */
function configOf(flag: string, given: unknown): ComponentConfig {
  let config = given;
  if (typeof given === "string" && given.trimStart().startsWith("{")) config = parseJson(given, `--${flag}`, "usage");
  if (typeof config === "string" && config !== "") return { kind: config };
  if (isRecord(config) && typeof config.kind === "string") return { ...config, kind: config.kind };
  throw configError(`--${flag} must be a kind, or JSON with one, such as {"kind":"topk"}; got ${shown(given)}.`);
}

/** What options of a component mean for another in its place: those with the same flag, unless they are as they were anyway. */
function carried<C extends RunComponent>(slot: Slot<C>, below: Settings, component: C): Settings {
  const before = knownIn(slot).find(({ kind }) => kind === below.kind);
  const theirs = before === undefined ? [] : componentOptions(before);
  const pairs = componentOptions(component).flatMap(({ name, flag }) => {
    const old = theirs.find((option) => option.flag !== undefined && option.flag === flag);
    const value = old === undefined ? undefined : below[old.name];
    return value === undefined || isSame(value, old?.default) ? [] : [[name, value]];
  });
  return Object.fromEntries(pairs);
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
