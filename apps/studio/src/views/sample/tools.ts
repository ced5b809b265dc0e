/** What the pointer does. */
export type Tool = "move" | "paint" | "region" | "draw";
export const tools: Readonly<Record<Tool, string>> = {
  move: "Move the concept",
  paint: "Paint it",
  region: "What fires here?",
  draw: "Draw a sample",
};
export const hints: Readonly<Record<Tool, string>> = {
  move: "Drag, or press arrow keys, to move the chosen concept.",
  paint: "Press on points to add the chosen concept there, or go there with arrow keys and press Enter.",
  region: "Drag over a region to see which concepts make it; or press Enter at two corners, arrow keys between.",
  draw: "Draw on the sample, or press Enter at points that arrow keys lead to; the model encodes what you drew.",
};
