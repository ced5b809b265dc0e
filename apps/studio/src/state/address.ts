/** Everything that a person sees follows from the address of the page: it can be sent, reloaded, and gone back from. */

import { signal } from "@preact/signals";
import type { CodeEdit } from "@saeno/inspect";
import type { NetworkChoice } from "../engine/open-network.ts";

export const views = ["open", "concepts", "concept", "sample", "network", "compare", "train"] as const;
export type View = (typeof views)[number];

export const sortKeys = ["cost", "energy", "share", "label", "number"] as const;
export type SortKey = (typeof sortKeys)[number];

export interface Address {
  readonly view: View;
  /** The place of the run. */
  readonly run: string | undefined;
  /** That of another, to compare it with. */
  readonly beside: string | undefined;
  /** Absent if none is chosen. */
  readonly concept: number | undefined;
  readonly sample: number;
  readonly edits: readonly CodeEdit[];
  /** Points on each axis of what is decoded; absent on the grid of the data. */
  readonly points: number | undefined;
  readonly active: number | undefined;
  readonly density: number | undefined;
  readonly sort: SortKey;
  readonly query: string;
  /** The network beside the run, as far as a person said what it is. */
  readonly network: NetworkChoice;
  /** Which of its outputs is seen, and which channel of that. */
  readonly output: string | undefined;
  readonly channel: number | undefined;
}

/** What is said of a network, by its name in addresses. */
const networkParts = ["network", "layer", "range", "size", "mean", "deviation", "outputs"] as const;

const plain: Address = {
  view: "open",
  run: undefined,
  beside: undefined,
  concept: undefined,
  sample: 0,
  edits: [],
  points: undefined,
  active: undefined,
  density: undefined,
  sort: "cost",
  query: "",
  network: {},
  output: undefined,
  channel: undefined,
};

/** `#/sample?run=demo/fno&sample=3&edits=scale.17.0` */
export function addressText(address: Address): string {
  const query = new URLSearchParams();
  const set = (name: string, value: unknown) => {
    if (value !== undefined && value !== "") query.set(name, String(value));
  };
  const { view, run, beside, points, active, density, query: search } = address;
  set("run", run);
  set("beside", beside);
  if (view === "concept" || view === "sample" || view === "network") set("concept", address.concept);
  if (view === "sample" || view === "network") {
    set("sample", address.sample);
    set("edits", address.edits.map(editText).join("_"));
  }
  if (view === "sample") {
    set("points", points);
    set("active", active);
    set("density", density);
  }
  if (view === "concept") set("points", points);
  if (view === "concepts") {
    if (address.sort !== plain.sort) set("sort", address.sort);
    set("find", search);
  }
  for (const part of networkParts) set(part, address.network[part]);
  if (view === "network") {
    set("output", address.output);
    set("channel", address.channel);
  }
  // What a query may hold as it is stays readable.
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return `#/${view}${text === "" ? "" : `?${text}`}`;
}

/** What is not understood is left out. */
export function addressOf(hash: string): Address {
  const [path = "", rest = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const query = new URLSearchParams(rest);
  const number = (name: string) => {
    const value = Number(query.get(name) ?? "");
    return query.has(name) && Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const whole = (name: string) => {
    const value = number(name);
    return value === undefined ? undefined : Math.floor(value);
  };
  const text = (name: string) => query.get(name) ?? undefined;
  return {
    view: views.find((view) => view === path) ?? plain.view,
    run: text("run"),
    beside: text("beside"),
    concept: whole("concept"),
    sample: whole("sample") ?? plain.sample,
    edits: (text("edits") ?? "").split("_").flatMap((each) => editOf(each) ?? []),
    points: whole("points"),
    active: whole("active"),
    density: number("density"),
    sort: sortKeys.find((key) => key === text("sort")) ?? plain.sort,
    query: text("find") ?? plain.query,
    network: Object.fromEntries(networkParts.flatMap((part) => (query.get(part) ? [[part, query.get(part)]] : []))),
    output: text("output"),
    channel: whole("channel"),
  };
}

/** `scale.17.0.5`, `move.4.8,0`, `paint.4.2.10,12`: concepts first. */
function editText(edit: CodeEdit): string {
  switch (edit.kind) {
    case "scale":
      return `scale.${edit.concept}.${edit.factor}`;
    case "move":
      return `move.${edit.concept}.${edit.by.join(",")}`;
    case "remove":
    case "keep":
    case "exchange":
      return `${edit.kind}.${edit.concepts.join(",")}`;
    case "paint":
      return `paint.${edit.concept}.${edit.value}.${(edit.at ?? []).map((place) => [place].flat().join(",")).join(";")}`;
    case "threshold":
      return `threshold.${edit.concept ?? ""}.${edit.least}`;
  }
}

function editOf(text: string): CodeEdit | undefined {
  const [kind, first = "", ...rest] = text.split(".");
  // Numbers may have a point of their own.
  const value = Number(kind === "paint" ? rest.slice(0, -1).join(".") : rest.join("."));
  const numbers = (list: string) => list.split(",").filter(Boolean).map(Number);
  const edit = ((): CodeEdit | undefined => {
    switch (kind) {
      case "scale":
        return { kind, concept: Number(first), factor: value };
      case "move":
        return { kind, concept: Number(first), by: numbers(rest.join(".")) };
      case "remove":
      case "keep":
        return { kind, concepts: numbers(first) };
      case "exchange": {
        const [a, b] = numbers(first);
        return a === undefined || b === undefined ? undefined : { kind, concepts: [a, b] };
      }
      case "paint":
        return { kind, concept: Number(first), value, at: (rest.at(-1) ?? "").split(";").map(numbers) };
      case "threshold":
        return { kind, least: value, ...(first === "" ? {} : { concept: Number(first) }) };
      default:
        return undefined;
    }
  })();
  return edit !== undefined && hasNumbers(edit) ? edit : undefined;
}

function hasNumbers(edit: CodeEdit): boolean {
  return Object.values(edit)
    .flat(2)
    .every((value) => typeof value !== "number" || Number.isFinite(value));
}

export const address = signal<Address>(addressOf(location.hash));
addEventListener("popstate", () => {
  address.value = addressOf(location.hash);
});

/** Where a change leads to. */
export function hrefOf(change: Partial<Address>): string {
  return addressText({ ...address.value, ...change });
}

/** Goes there; `replace` leaves no step to come back to, as while a slider moves. */
export function navigate(change: Partial<Address>, { replace = false }: { readonly replace?: boolean } = {}): void {
  const next = { ...address.value, ...change };
  history[replace ? "replaceState" : "pushState"](null, "", addressText(next));
  address.value = next;
}
