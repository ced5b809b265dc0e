const light = ["#4653c4", "#d97706", "#0d8f7f", "#b83280", "#6b7280", "#7c5e10", "#2382c9", "#b4412f"];

/** How many colors there are before they repeat. */
export const modelColors: number = light.length;

/** The color of the model at an index, the same in every picture: a CSS variable, and what it is where no stylesheet says. */
export function modelColor(index: number): string {
  const i = index % light.length;
  return `var(--model-${i}, ${light[i]})`;
}
