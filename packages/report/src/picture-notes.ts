import type { GridFunction } from "./grid-function.ts";

/** What a picture of a function leaves out or changes, a sentence each. */
export function pictureNotes({ grid, channels }: Pick<GridFunction, "grid" | "channels">): string[] {
  const notes: string[] = [];
  if (grid.length < 2) return channels > 4 ? [`The first 4 of ${channels} channels are drawn.`] : notes;
  if (grid.length === 3) notes.push("Of three axes the middle slice of the first is shown.");
  if (channels === 3) notes.push("Three channels are red, green and blue.");
  else if (channels > 1) notes.push(`Of ${channels} channels the norm is shown.`);
  return notes;
}
