/** Pixels of a letter, about, in the type of plots. */
const letter = 5.7;

/** Text on one line of so many pixels in the type of plots: what is longer ends in an ellipsis. */
export function fitText(text: string, pixels: number): string {
  const letters = [...text.replace(/\s+/g, " ").trim()];
  const most = Math.max(2, Math.floor(pixels / letter));
  return letters.length <= most ? letters.join("") : `${letters.slice(0, most - 1).join("")}…`;
}
