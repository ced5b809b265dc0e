/** Edits of a code as a person makes them: of each concept a factor and a shift, and whatever was painted. */
import type { CodeEdit } from "@saeno/inspect";

export function factorOf(edits: readonly CodeEdit[], concept: number): number {
  let factor = 1;
  for (const edit of edits) {
    if (edit.kind === "scale" && edit.concept === concept) factor *= edit.factor;
    if (edit.kind === "remove" && edit.concepts.includes(concept)) factor = 0;
    if (edit.kind === "keep" && !edit.concepts.includes(concept)) factor = 0;
  }
  return factor;
}

export function shiftOf(edits: readonly CodeEdit[], concept: number): readonly number[] | undefined {
  return edits.flatMap((edit) => (edit.kind === "move" && edit.concept === concept ? [edit.by] : [])).at(-1);
}

/** With another factor for a concept; 1 leaves it as it is. */
export function withFactor(edits: readonly CodeEdit[], concept: number, factor: number): readonly CodeEdit[] {
  const others = edits.flatMap((edit): CodeEdit[] => {
    if (edit.kind === "scale" && edit.concept === concept) return [];
    if (edit.kind !== "remove") return [edit];
    const rest = edit.concepts.filter((each) => each !== concept);
    return rest.length === 0 ? [] : [{ ...edit, concepts: rest }];
  });
  return factor === 1 ? others : [...others, { kind: "scale", concept, factor }];
}

/** With a concept moved so far from where it was. */
export function withShift(edits: readonly CodeEdit[], concept: number, by: readonly number[]): readonly CodeEdit[] {
  const others = edits.filter((edit) => !(edit.kind === "move" && edit.concept === concept));
  return by.every((points) => points === 0) ? others : [...others, { kind: "move", concept, by }];
}

/** Alone, or no longer alone. */
export function withSolo(edits: readonly CodeEdit[], concept: number): readonly CodeEdit[] {
  const others = edits.filter((edit) => edit.kind !== "keep");
  return isSolo(edits, concept) ? others : [...others, { kind: "keep", concepts: [concept] }];
}

export function isSolo(edits: readonly CodeEdit[], concept: number): boolean {
  return edits.some((edit) => edit.kind === "keep" && edit.concepts.length === 1 && edit.concepts[0] === concept);
}
