import { flagName, type Option, optionsOf } from "./options.ts";
import {
  componentOptions,
  type Group,
  groups,
  knownIn,
  nameOf,
  type RunComponent,
  type Slot,
  sections,
  slots,
} from "./parts.ts";

/** A setting of a run: a flag of the command line, a field of a form, a name in `--vary` and recipes. */
export interface Setting {
  /** As configurations write it, `stepSize`. */
  readonly name: string;
  /** As the command line writes it, `step-size`. */
  readonly flag: string;
  /** What the flag was called before. */
  readonly aliases: readonly string[];
  readonly group: Group;
  readonly description: string;
  /** The value if none is given; in words if it depends on something, `undefined` if there is none. */
  readonly default: unknown;
  readonly type: Option["type"] | "kind";
  /** Values, or kinds; a plugin may bring more of those. */
  readonly choices: readonly string[];
  /** Whether its flag turns something off: it is on unless `--no-FLAG` is given. */
  readonly negatable: boolean;
  /** Whether its flag may be given without a value. */
  readonly bare: boolean;
  /** Whether it may be repeated. */
  readonly many: boolean;
  readonly hidden: boolean;
  /** The components that it goes with, as people call them; none if it goes with all. */
  readonly goesWith: readonly string[];
  /** What has to be given for it to count, such as `--model fno`. */
  readonly needs?: string;
}

/** Where an option stands. */
interface Place {
  readonly option: Option;
  readonly group: Group;
  readonly slot?: Slot;
  /** The component, as people call it. */
  readonly owner?: string;
  /** The flag that a section needs. */
  readonly needs?: string | undefined;
}

/** Every setting of a run, including those of loaded plugins. */
export function runSettings(): Setting[] {
  const allSlots: readonly Slot[] = Object.values(slots);
  const places = new Map<string, Place[]>();
  const add = (place: Place) => {
    const { flag } = place.option;
    if (flag !== undefined) places.set(flag, [...(places.get(flag) ?? []), place]);
  };
  for (const { schema, ...section } of sections) for (const option of optionsOf(schema)) add({ option, ...section });
  for (const slot of allSlots) {
    for (const component of knownIn(slot)) {
      for (const option of componentOptions(component))
        add({ option, slot, group: slot.group, owner: nameOf(component) });
    }
  }
  const all = [...allSlots.map(kindSetting), ownDictionary, ...[...places].map(([flag, of]) => settingOf(flag, of))];
  return groups.flatMap((group) => all.filter((setting) => setting.group === group));
}

const plain = {
  aliases: [],
  default: undefined,
  choices: [],
  negatable: false,
  bare: false,
  many: false,
  hidden: false,
  goesWith: [],
} as const;

function kindSetting(slot: Slot): Setting {
  const { flag, group, description, many = false } = slot;
  // A kind that needs what no flag gives, such as one around another, is written as JSON.
  const needsJson = (component: RunComponent) =>
    !slot.flagged && componentOptions(component).some((option) => option.required && option.flag === undefined);
  const known = knownIn(slot).filter((component) => !needsJson(component));
  const usual = known.find(({ kind }) => kind === slot.usual);
  return {
    ...plain,
    ...{ name: flag, flag, group, description, many, type: "kind", choices: known.map(nameOf) },
    default: usual === undefined ? slot.usualText : nameOf(usual),
    // Where there is nothing to choose.
    hidden: many ? known.length === slot.builtins.length : known.length < 2,
  };
}

/** Beside `--model`, for dictionaries of plugins. */
const ownDictionary: Setting = {
  ...plain,
  ...{ name: "dictionary", flag: "dictionary", group: "Model", type: "kind" },
  description: "instead of --model: a plugin's dictionary by its kind, or any as JSON",
};

function settingOf(flag: string, places: readonly Place[]): Setting {
  const [{ option, group, slot, needs }] = places;
  const { metadata, type, choices } = option;
  const owners = places.flatMap(({ owner }) => owner ?? []);
  const isShared = slot === undefined || slot.many === true || owners.length === knownIn(slot).length;
  const defaults = new Set(places.map((place) => place.option.metadata.default ?? place.option.default));
  const fallback = slot?.many || defaults.size > 1 ? metadata.default : [...defaults][0];
  const wanted = slot === undefined ? needs : `${slot.flag} ${listed(owners)}`;
  const isFree = slot === undefined ? needs === undefined || needs === flag : slot.many === true;
  return {
    ...plain,
    name: flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ...{ flag, group, type, choices, default: fallback },
    description: isShared ? option.description : described(places),
    aliases: metadata.aliases ?? [],
    negatable: type === "yes or no" && option.default === true,
    bare: slot?.many === true && Boolean(option.default),
    many: flag === "test-data",
    hidden: metadata.hidden === true,
    goesWith: isShared ? [] : owners,
    ...(isFree ? {} : { needs: `--${wanted}` }),
  };
}

/** What an option means to the components that have it, a part for each meaning. */
function described(places: readonly Place[]): string {
  const meanings = new Map<string, string[]>();
  for (const { option, owner = "" } of places)
    meanings.set(option.description, [...(meanings.get(option.description) ?? []), owner]);
  return [...meanings].map(([meaning, owners]) => `${owners.join(", ")}: ${meaning}`).join("; ");
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** A setting as people may write it, `stepSize`, `--step-size` or the older `colour`, as the name of its flag. */
export function flagOf(name: string, known: readonly Setting[] = runSettings()): string {
  const flag = flagName(name.replace(/^--/, ""));
  return known.find(({ aliases }) => aliases.includes(flag))?.flag ?? flag;
}
