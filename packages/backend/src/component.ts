/**
 * Components: everything that can be swapped (activations, dictionaries, datasets, metrics ..) describes itself by an object
 * `{ kind, summary, schema, create, .. }`. Configurations, flags, help and error messages are derived from these objects, so your component is treated like
 * ours. Each package has the `define*` function and the built-in components of its own types. They share what is here: one registry per process, lookup by
 * kind, and the reading of options by their schema.
 */
import { closestMatch } from "leven";
import {
  type BaseIssue,
  type BaseSchema,
  getDescription,
  type InferOutput,
  type ObjectEntries,
  safeParse,
} from "valibot";
import { SaenoError } from "./error.ts";
import { problemOf, shown } from "./problem.ts";

/**
 * A valibot schema of an object: its entries are the options, each with a description and, if it has one, its default. Objects of valibot are plain, so
 * those of another copy of the library work as well.
 */
export type OptionsSchema = BaseSchema<unknown, Readonly<Record<string, unknown>>, BaseIssue<unknown>> & {
  readonly entries: ObjectEntries;
};

export interface Component<Schema extends OptionsSchema = OptionsSchema> {
  /** What it is: `activation`, `dictionary`, `dataset` .. */
  readonly type: string;
  /** Its name in configurations and on the command line, among those of its type. */
  readonly kind: string;
  /** One line to choose by. */
  readonly summary: string;
  /** Its options, without `kind`. */
  readonly schema: Schema;
}

/** A configuration of a component, as in files. */
export interface ComponentConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

interface Registry {
  readonly components: Map<string, Component>;
  /** Which plugin each component came with. */
  readonly origins: Map<Component, string>;
  /** The plugin that is being loaded. */
  loading?: string;
}

/** The number is that of this protocol: it rises when components of older packages could no longer be used. */
const registryName = "saeno.registry.1";
const key = Symbol.for(registryName);

/** One for all copies of this package in a process, so that a plugin with a copy of its own registers where a program looks. */
function registry(): Registry {
  const shared = globalThis as { [key]?: Registry };
  shared[key] ??= { components: new Map(), origins: new Map() };
  return shared[key];
}

/**
 * Checks a component and marks it with its type; the `define*` functions of the packages call it.
 *
 * @throws SaenoError `component.definition` naming what is missing.
 */
export function defineComponent<const Type extends string, Definition extends Omit<Component, "type">>(
  type: Type,
  definition: Definition,
): Definition & { readonly type: Type } {
  const { kind, summary, schema } = definition;
  const problem =
    typeof kind !== "string" || !/^[a-z][\w.-]*$/i.test(kind)
      ? `needs a kind, such as "my-${type}"; got ${JSON.stringify(kind)}`
      : typeof summary !== "string"
        ? `"${kind}" needs a summary, a line for --help`
        : typeof schema?.entries !== "object"
          ? `"${kind}" needs a schema of its options, such as strictObject({}) of valibot`
          : undefined;
  if (problem !== undefined) throw new SaenoError("component.definition", `The ${type} ${problem}.`);
  return { ...definition, type };
}

/** Makes components known by their kind to everything in this process. A later one replaces an earlier or built-in one of its type. */
export function register<C extends Component>(...components: readonly C[]): void {
  const { components: known, origins, loading } = registry();
  for (const component of components) {
    known.set(`${component.type} ${component.kind}`, component);
    if (loading !== undefined) origins.set(component, loading);
  }
}

/** Runs the code of a plugin, and remembers what it registers as its own. */
export async function registerPlugin(name: string, load: () => Promise<unknown>): Promise<void> {
  const shared = registry();
  shared.loading = name;
  try {
    await load();
  } finally {
    delete shared.loading;
  }
}

/** The plugin that a component came with; nothing for built-in ones. */
export function pluginOf(component: Component): string | undefined {
  return registry().origins.get(component);
}

/** All components of a type: built-in ones, then registered ones. */
export function componentsOf<C extends Component>(type: string, builtins: readonly C[]): readonly C[] {
  const registered = [...registry().components.values()].filter(
    (component) => component.type === type,
  ) as unknown as C[];
  const kinds = new Set(registered.map(({ kind }) => kind));
  return [...builtins.filter(({ kind }) => !kinds.has(kind)), ...registered];
}

/**
 * The component of a type and kind.
 *
 * @throws SaenoError `component.unknown` with the kinds that are known.
 */
export function findComponent<C extends Component>(type: string, kind: string, builtins: readonly C[]): C {
  const known = componentsOf(type, builtins);
  const found = known.find((component) => component.kind === kind);
  if (found !== undefined) return found;
  const kinds = known.map((component) => component.kind).sort();
  throw new SaenoError(
    "component.unknown",
    `There is no ${type} "${kind}".${suggestion(kind, kinds)} Known: ${kinds.join(", ")}.${otherRegistries()} ` +
      "If it comes with a plugin, load it: saeno --plugin FILE-OR-PACKAGE, or import the module that registers it.",
  );
}

/** A plugin of another major version registers where nobody looks. */
function otherRegistries(): string {
  const others = Object.getOwnPropertySymbols(globalThis).some(
    (symbol) => symbol.description?.startsWith("saeno.registry.") && symbol.description !== registryName,
  );
  return others ? " A plugin was loaded that was made for another version of saeno: update it, or saeno." : "";
}

/** ` Did you mean "topk"?`, or nothing if no known name is similar. */
export function suggestion(given: string, known: readonly string[]): string {
  const nearest = closestMatch(given, known, { maxDistance: Math.max(1, Math.floor(given.length / 3)) });
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}

/**
 * Options as a component's schema reads them, defaults filled in.
 *
 * @param where what to call them in errors, such as `activation`.
 * @throws SaenoError `config.value` naming the option, what it must be and what came.
 */
export function parseOptions<Schema extends OptionsSchema>(
  { kind, schema }: Component<Schema>,
  options: Readonly<Record<string, unknown>>,
  where: string,
): InferOutput<Schema> {
  return readOptions(schema, options, `${where} "${kind}"`);
}

/** As {@link parseOptions}, for options that belong to no kind: `where` is all that errors call them. */
export function readOptions<Schema extends OptionsSchema>(
  schema: Schema,
  options: Readonly<Record<string, unknown>>,
  where: string,
): InferOutput<Schema> {
  const parsed = safeParse(schema, options);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = (issue.path ?? []).map((item) => String(item.key));
  const [name = ""] = path;
  const names = Object.keys(schema.entries);
  if (path.length === 1 && !names.includes(name)) {
    throw new SaenoError(
      "config.value",
      `${where} has no option "${name}".${suggestion(name, names)} It takes ${names.join(", ") || "none"}.`,
    );
  }
  const given = name === "" ? options : options[name];
  if (given === undefined) {
    const meaning = getDescription(schema.entries[name] as BaseSchema<unknown, unknown, BaseIssue<unknown>>);
    throw new SaenoError("config.value", `${where} needs ${name}${meaning === undefined ? "" : `: ${meaning}`}.`);
  }
  throw new SaenoError(
    "config.value",
    `${where}${path.length > 0 ? `, ${path.join(".")}` : ""}: ${problemOf(issue)}; got ${shown(given)}.`,
  );
}
