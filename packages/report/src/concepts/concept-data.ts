import type { ConceptSummary, IndexedConcept, IndexHeader, KeptEffects } from "@saeno/inspect";
import type { GridFunction } from "../pictures/plane.ts";
import type { MapOutline } from "./map-outline.ts";
import type { ChangedOutput } from "./network-part.ts";

/** What the pages of all concepts of a model share. */
export interface ConceptSet {
  /** The model and its data, in words. */
  readonly title: string;
  /** On which samples everything was measured. */
  readonly about: IndexHeader;
  readonly summaries: readonly ConceptSummary[];
  readonly names: ReadonlyMap<number, string>;
  /** What they do to the outputs of a network. Default: not known. */
  readonly effects?: readonly KeptEffects[];
  /** How to read photographs, if samples are shown as photographs; or why they are not. */
  readonly note?: string;
  /** The concepts that have a page, those that cost most to lose first. */
  readonly pages: readonly number[];
}

/** Everything that the page of a concept shows, as plain numbers. */
export interface ConceptPageData {
  readonly concept: IndexedConcept;
  /** Its atom as it is drawn, also on a finer grid if possible. */
  readonly atom: GridFunction;
  readonly fine?: GridFunction | undefined;
  /** Whether samples go below zero, and are drawn in red and blue. */
  readonly signed: boolean;
  /** The samples in which it is shown, by index. */
  readonly samples: ReadonlyMap<number, ShownSample>;
  /** Whether samples are photographs. */
  readonly photographs?: boolean;
  /** What the network says with it and without it. */
  readonly changed?: (ChangedOutput & { readonly file: string }) | undefined;
  /** A sample with it and without it. Absent if it is active in none. */
  readonly removal?: Removal | undefined;
}

export interface ShownSample {
  /** The name of its picture beside the page. */
  readonly file: string;
  readonly label?: string | undefined;
  /** Where the map of the concept is. Absent if codes have no place. */
  readonly outline?: MapOutline | undefined;
}

export interface Removal {
  readonly sample: number;
  readonly input: GridFunction;
  readonly reconstruction: GridFunction;
  readonly without: GridFunction;
}

/** Concepts in the order of pages and galleries: those that cost most to lose first, and those that are never active last. */
export function byCost(summaries: readonly Pick<ConceptSummary, "concept" | "cost" | "count">[]): number[] {
  const last = ({ count }: Pick<ConceptSummary, "count">) => (count === 0 ? 1 : 0);
  return [...summaries]
    .sort((a, b) => last(a) - last(b) || (b.cost || 0) - (a.cost || 0) || a.concept - b.concept)
    .map(({ concept }) => concept);
}
