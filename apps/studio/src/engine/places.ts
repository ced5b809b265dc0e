/** Where a run is: at an address, or in the storage of this browser. */
export type RunPlace =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "saved"; readonly place: string };

/** A place as addresses of pages have it: `saved:NAME`, or the address of the run. */
export function placeText(place: RunPlace): string {
  return place.kind === "saved" ? `saved:${place.place}` : place.url;
}

export function placeOf(text: string): RunPlace {
  return text.startsWith("saved:")
    ? { kind: "saved", place: text.slice("saved:".length) }
    : { kind: "url", url: text.replace(/\/+$/, "") };
}
