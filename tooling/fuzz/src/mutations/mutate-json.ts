import type { Random } from "@saeno/backend";
import { Fault, pick } from "../target.ts";
import { oddKeys, oddNumbers, oddValue } from "./odd-values.ts";

/** A JSON document as a tree in which keys may stand twice and values may be any text. */
type Tree = null | boolean | number | string | List | Members | Text;
class List {
  constructor(readonly items: Tree[]) {}
}
class Members {
  constructor(readonly entries: [key: string, value: Tree][]) {}
}
class Text {
  constructor(readonly text: string) {}
}

export interface MutatedJson {
  readonly text: string;
  readonly changes: readonly string[];
  /** Why nobody may read it. */
  readonly broken?: string;
}

/** Where a value stands: the container, and which of its values it is. */
interface Place {
  readonly path: string;
  get(): Tree;
  set(value: Tree): void;
}

function placeIn<Key extends PropertyKey>(holder: Record<Key, Tree>, key: Key, path: string): Place {
  return {
    path,
    get: () => holder[key],
    set(value) {
      holder[key] = value;
    },
  };
}

/** Damages a document: one to three values, members or keys of it become others. */
export function mutateJson(document: unknown, random: Random, others: readonly unknown[] = []): MutatedJson {
  const root = new List([treeOf(document)]);
  const changes: string[] = [];
  let broken: string | undefined;
  const count = 1 + Math.floor(3 * random.uniform() ** 2);
  for (let i = 0; i < count; i++) {
    const places = placesIn(root);
    if (places.length === 0) break;
    const change = pick(mutations, random)(pick(places, random), random, { places, others });
    changes.push(change.words);
    broken ??= change.broken;
  }
  // A later change may have put another value in the place of what was broken.
  if (count > 1) broken = undefined;
  return {
    text: root.items.map((item) => textOf(item)).join(""),
    changes,
    ...(broken === undefined ? {} : { broken }),
  };
}

interface Change {
  readonly words: string;
  readonly broken?: string;
}

interface Around {
  readonly places: readonly Place[];
  readonly others: readonly unknown[];
}

type Mutation = (place: Place, random: Random, around: Around) => Change;

const mutations: readonly Mutation[] = [
  replace,
  replace,
  otherNumber,
  otherNumber,
  otherNumber,
  remove,
  remove,
  renameKey,
  addKey,
  repeatKey,
  swap,
  wrap,
  graft,
  nest,
  lengthen,
];

function replace(place: Place, random: Random): Change {
  const value = oddValue(random);
  place.set(treeOf(value));
  return { words: `${place.path} replaced by ${String(JSON.stringify(value)).slice(0, 60)}` };
}

function otherNumber(place: Place, random: Random, { places }: Around): Change {
  const numbers = places.filter((each) => typeof each.get() === "number");
  if (numbers.length === 0) return replace(place, random);
  const chosen = pick(numbers, random);
  const value = pick(oddNumbers, random);
  chosen.set(value);
  return { words: `${chosen.path} set to ${value}` };
}

function remove(place: Place, random: Random): Change {
  const value = place.get();
  if (value instanceof Members && value.entries.length > 0) {
    const [[key]] = value.entries.splice(random.integer(value.entries.length), 1);
    return { words: `${place.path}.${key} removed` };
  }
  if (value instanceof List && value.items.length > 0) {
    const at = random.integer(value.items.length);
    value.items.splice(at, 1);
    return { words: `${place.path}[${at}] removed` };
  }
  place.set(null);
  return { words: `${place.path} set to null` };
}

function renameKey(place: Place, random: Random, around: Around): Change {
  const members = membersNear(place, random, around);
  if (members === undefined || members.entries.length === 0) return remove(place, random);
  const entry = pick(members.entries, random);
  const [before] = entry;
  entry[0] = random.integer(2) === 0 ? pick(oddKeys, random) : `${before.slice(0, -1)}${pick(["", "x", "S"], random)}`;
  return { words: `the key ${before} renamed to ${JSON.stringify(entry[0])}` };
}

function addKey(place: Place, random: Random, around: Around): Change {
  const members = membersNear(place, random, around);
  if (members === undefined) return replace(place, random);
  const [key, value] = [pick(oddKeys, random), oddValue(random)];
  members.entries.splice(random.integer(members.entries.length + 1), 0, [key, treeOf(value)]);
  return { words: `a key ${JSON.stringify(key)} added` };
}

function repeatKey(place: Place, random: Random, around: Around): Change {
  const members = membersNear(place, random, around);
  if (members === undefined || members.entries.length === 0) return replace(place, random);
  const [key, value] = pick(members.entries, random);
  members.entries.push([key, random.integer(2) === 0 ? copyOf(value) : treeOf(oddValue(random))]);
  return { words: `the key ${key} given twice`, broken: "a key is given twice" };
}

function swap(place: Place, random: Random, { places }: Around): Change {
  const other = pick(places, random);
  const [a, b] = [place.get(), other.get()];
  // Neither may end up within itself.
  if (contains(a, b) || contains(b, a)) return replace(place, random);
  place.set(b);
  other.set(a);
  return { words: `${place.path} and ${other.path} swapped` };
}

function wrap(place: Place, random: Random): Change {
  const value = place.get();
  place.set(random.integer(2) === 0 ? new List([value]) : new Members([[pick(oddKeys, random), value]]));
  return { words: `${place.path} put into another` };
}

/** A part of another document. */
function graft(place: Place, random: Random, { places, others }: Around): Change {
  const from = others.length > 0 ? placesIn(new List([treeOf(pick(others, random))])) : places;
  if (from.length === 0) return remove(place, random);
  place.set(treeOf(JSON.parse(textOf(pick(from, random).get(), "null"))));
  return { words: `${place.path} replaced by a part of another document` };
}

function nest(place: Place, random: Random): Change {
  const depth = pick([10, 150, 250, 20_000], random);
  const [open, close] = pick(
    [
      ["[", "]"],
      ['{"a":', "}"],
    ],
    random,
  );
  const broken = depth > 200 ? { broken: "it is nested deeper than any document is" } : {};
  place.set(new Text(`${open.repeat(depth)}0${close.repeat(depth)}`));
  return { words: `${place.path} nested ${depth} deep`, ...broken };
}

function lengthen(place: Place, random: Random): Change {
  const value = place.get();
  const times = pick([1, 10, 1000], random);
  if (value instanceof List) {
    const copies = Array.from({ length: times }, () => value.items).flat();
    value.items.push(...copies.slice(0, 2000).map(copyOf));
    return { words: `${place.path} repeated ${times} times` };
  }
  if (typeof value !== "string") return replace(place, random);
  place.set(value.repeat(1 + times));
  return { words: `${place.path} repeated ${times} times` };
}

function membersNear(place: Place, random: Random, { places }: Around): Members | undefined {
  const value = place.get();
  if (value instanceof Members) return value;
  const all = places.map((each) => each.get()).filter((each) => each instanceof Members);
  return all.length === 0 ? undefined : pick(all, random);
}

function contains(outer: Tree, inner: Tree): boolean {
  if (outer === inner) return outer instanceof List || outer instanceof Members;
  if (outer instanceof List) return outer.items.some((item) => contains(item, inner));
  return outer instanceof Members && outer.entries.some(([, value]) => contains(value, inner));
}

/** Every value of a document, itself first. */
function placesIn(root: List): Place[] {
  const places: Place[] = [];
  const visit = (place: Place) => {
    places.push(place);
    const value = place.get();
    if (value instanceof List) {
      // A long list is as good as its beginning.
      for (let i = 0; i < Math.min(value.items.length, 20); i++)
        visit(placeIn<number>(value.items, i, `${place.path}[${i}]`));
    } else if (value instanceof Members) {
      for (const entry of value.entries) visit(placeIn<1>(entry, 1, `${place.path}.${entry[0]}`));
    }
  };
  if (root.items.length > 0) visit(placeIn<number>(root.items, 0, "$"));
  return places;
}

function treeOf(value: unknown): Tree {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  if (Array.isArray(value)) return new List(value.map(treeOf));
  if (typeof value === "object") return new Members(Object.entries(value).map(([key, each]) => [key, treeOf(each)]));
  throw new Fault(`${typeof value} is not JSON`);
}

function copyOf(tree: Tree): Tree {
  if (tree instanceof List) return new List(tree.items.map(copyOf));
  return tree instanceof Members ? new Members(tree.entries.map(([key, value]) => [key, copyOf(value)])) : tree;
}

/** @param raw what stands for text that is not a document. */
function textOf(tree: Tree, raw?: string): string {
  if (tree instanceof List) return `[${tree.items.map((item) => textOf(item, raw)).join(",")}]`;
  if (tree instanceof Members) {
    const entries = tree.entries.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value, raw)}`);
    return `{${entries.join(",")}}`;
  }
  if (tree instanceof Text) return raw ?? tree.text;
  // As Python writes them.
  if (typeof tree === "number") return Number.isFinite(tree) ? JSON.stringify(tree) : (raw ?? String(tree));
  return JSON.stringify(tree);
}
