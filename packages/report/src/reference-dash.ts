const dashes = ["5 4", "1.5 3", "10 4", "10 3 2 3"];

/** How the reference at an index is dashed in a picture and in its legend. */
export function referenceDash(index: number): string {
  return dashes[index % dashes.length];
}
