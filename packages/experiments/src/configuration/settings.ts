import { flagName, type Option, optionsOf } from "./options.ts";
import { type Group, groups, knownIn, nameOf, type Slot, sections, slots } from "./parts.ts";

/** A setting of a run: a flag of the command line, a field of a form, what `--vary` and recipes name. */
export interface Setting {
  /** As configurations write it, `stepSize`. */
  readonly name: string;
  /** As the command line writes it, `step-size`. */
  readonly flag: string;
  readonly group: Group;
  readonly description: string;
  /** The value where none is given; in words where it depends on something, `undefined` where there is none. */
  readonly default: unknown;
  readonly type: Option["type"] | "kind";
  /** Values, or kinds; a plugin may bring more of those. */
  readonly choices: readonly string[];
  /** Whether its flag takes something away: it is on unless `--no-FLAG` is given. */
  readonly negatable: boolean;
  /** Whether its flag may stand without a value. */
  readonly bare: boolean;
  /** Whether it may be repeated. */
  readonly many: boolean;
  readonly hidden: boolean;
  /** What has to be chosen for it to count, in words; absent where nothing has. */
  readonly goesWith?: string;
}

/** Where an option stands. */
interface Place {
  readonly option: Option;
  readonly group: Group;
  readonly slot?: Slot;
  /** The component, as people call it. */
  readonly component?: string;
  /** The flag that a section needs. */
  readonly needs?: string | undefined;
}

/** Every setting of a run, those of plugins that are loaded too. */
export function runSettings(): Setting[] {
  const allSlots: readonly Slot[] = Object.values(slots);
  const places = new Map<string, Place[]>();
  const add = (flag: string | undefined, place: Place) => {
    if (flag !== undefined) places.set(flag, [...(places.get(flag) ?? []), place]);
  };
  for (const { group, schema, flag: needs } of sections)
    for (const option of optionsOf(schema)) add(option.flag, { option, group, needs });
  for (const slot of allSlots)
    for (const component of knownIn(slot))
      for (const option of optionsOf(component.schema))
        if (!slot.flagged || option.metadata.flag !== undefined)
          add(option.flag, { option, group: slot.group, slot, component: nameOf(component) });
  const options = [...places].map(([flag, of]) => settingOf(flag, of));
  const all = [...allSlots.map(kindSetting), ownDictionary, ...options];
  return groups.flatMap((group) => all.filter((setting) => setting.group === group));
}

function kindSetting(slot: Slot): Setting {
  const choices = knownIn(slot).map(nameOf);
  return {
    name: slot.flag,
    flag: slot.flag,
    group: slot.group,
    description: slot.many ? slot.description : `${slot.description}: ${choices.join(", ")}`,
    default: slot.usual === undefined ? undefined : nameOf(knownIn(slot).find(({ kind }) => kind === slot.usual) ?? { kind: slot.usual, type: slot.type, summary: "", schema: slot.builtins[0].schema }),
    type: "kind",
    choices,
    negatable: false,
    bare: false,
    many: slot.many === true,
    hidden: slot.many === true && choices.length === slot.builtins.length,
  };
}

/** Beside `--model`, for dictionaries of plugins. */
const ownDictionary: Setting = {
  ...{ name: "dictionary", flag: "dictionary", group: "Model", default: undefined, type: "kind", choices: [] },
  description: "instead of --model: a dictionary of a plugin by its kind, or any as JSON",
  ...{ negatable: false, bare: false, many: false, hidden: false },
};

function settingOf(flag: string, places: readonly [Place, ...Place[]] | readonly Place[]): Setting {
  const [{ option, group, slot }] = places;
  const { description, metadata, type, choices } = option;
  const goesWith = whatFor(places);
  // A word before the description says whose it is, unless all of its kind have it.
  const owners = places.flatMap(({ component }) => component ?? []);
  const isShared = slot === undefined || slot.many || owners.length === knownIn(slot).length;
  return {
    name: flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    flag,
    group,
    description: isShared ? description : `${owners.join(", ")}: ${description}`,
    default: metadata.default ?? (slot?.many ? undefined : option.default),
    type,
    choices,
    negatable: type === "yes or no" && option.default === true,
    bare: slot?.many === true && option.default !== undefined,
    many: flag === "test-data",
    hidden: metadata.hidden === true,
    ...(goesWith === undefined ? {} : { goesWith }),
  };
}

function whatFor(places: readonly Place[]): string | undefined {
  const [{ needs, option, slot }] = places;
  if (needs !== undefined) return option.flag === needs ? undefined : `--${needs}`;
  if (slot === undefined || slot.many) return undefined;
  const owners = places.flatMap(({ component }) => component ?? []);
  const listed = owners.length < 2 ? owners.join() : `${owners.slice(0, -1).join(", ")} or ${owners.at(-1)}`;
  return `--${slot.flag} ${listed}`;
}

/** A setting as people may write it, `stepSize`, `--step-size` or the older `colour`, as the name of its flag. */
export function flagOf(name: string): string {
  const flag = flagName(name.replace(/^--/, ""));
  return olderFlags[flag] ?? flag;
}

/** What flags were called. */
export const olderFlags: Readonly<Record<string, string>> = { colour: "color", normalise: "normalize" };
