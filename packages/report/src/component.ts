/** Stands in for component.ts of @saeno/backend, whose shape it has, until that is there. */
import { SaenoError } from "@saeno/backend";
import { type BaseIssue, type BaseSchema, type InferOutput, type ObjectEntries, safeParse } from "valibot";

export type OptionsSchema = BaseSchema<unknown, Readonly<Record<string, unknown>>, BaseIssue<unknown>> & {
  readonly entries: ObjectEntries;
};

export interface Component<Schema extends OptionsSchema = OptionsSchema> {
  readonly type: string;
  readonly kind: string;
  readonly summary: string;
  readonly schema: Schema;
}

const key = Symbol.for("saeno.registry.stand-in");

function registry(): Map<string, Component> {
  const shared = globalThis as { [key]?: Map<string, Component> };
  shared[key] ??= new Map();
  return shared[key];
}

export function defineComponent<const Type extends string, Definition extends Omit<Component, "type">>(
  type: Type,
  definition: Definition,
): Definition & { readonly type: Type } {
  return { ...definition, type };
}

export function register(...components: readonly Component[]): void {
  for (const component of components) registry().set(`${component.type} ${component.kind}`, component);
}

export function componentsOf<C extends Component>(type: string, builtins: readonly C[]): readonly C[] {
  const registered = [...registry().values()].filter((component) => component.type === type) as unknown as C[];
  const kinds = new Set(registered.map(({ kind }) => kind));
  return [...builtins.filter(({ kind }) => !kinds.has(kind)), ...registered];
}

export function findComponent<C extends Component>(type: string, kind: string, builtins: readonly C[]): C {
  const known = componentsOf(type, builtins);
  const found = known.find((component) => component.kind === kind);
  if (found !== undefined) return found;
  const kinds = known.map((component) => component.kind).sort();
  throw new SaenoError("component.unknown", `There is no ${type} "${kind}". Known: ${kinds.join(", ")}.`);
}

export function parseOptions<Schema extends OptionsSchema>(
  { kind, schema }: Component<Schema>,
  options: Readonly<Record<string, unknown>>,
  where: string,
): InferOutput<Schema> {
  const parsed = safeParse(schema, options);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = (issue.path ?? []).map((item) => String(item.key));
  throw new SaenoError("config.value", `${where} "${kind}", ${path.join(".")}: ${issue.message}.`);
}
