import { interpolateInferno, interpolateRainbow, interpolateRdBu } from "d3-scale-chromatic";
import { type Html, html } from "../page/html.ts";

/**
 * `diverging`: -1 blue, 0 white, 1 red. `gray`: 0 black, 1 white. `points`: 0 violet through orange to 1 light yellow, all of which can be seen on
 * a dark ground.
 */
export type ColorMapName = "diverging" | "gray" | "points";

type Color = readonly [red: number, green: number, blue: number];

/** Odd, so that zero has an entry of its own; with one entry for missing values a PNG palette holds them all. */
const entries = 255;

const colorAt: Readonly<Record<ColorMapName, (share: number) => Color>> = {
  diverging: whitened,
  points: (share) => parse(interpolateInferno(0.42 + 0.56 * share)),
  gray: (share) => {
    const level = Math.round(255 * share);
    return [level, level, level];
  },
};
const tables = new Map<ColorMapName, readonly Color[]>();

/** The color of a value, clamped to -1 .. 1 where the map is diverging and to 0 .. 1 elsewhere. Not for NaN. */
export function colorMap(name: ColorMapName, value: number): Color {
  const share = name === "diverging" ? (value + 1) / 2 : value;
  const table = tables.get(name) ?? Array.from({ length: entries }, (_, i) => colorAt[name](i / (entries - 1)));
  tables.set(name, table);
  return table[Math.round(Math.min(1, Math.max(0, share)) * (entries - 1))];
}

/** Directions and lengths that are told apart: few, so that a PNG palette holds all their colors. */
const [directions, lengths] = [24, 10];

/** The color of a vector: its direction as hue, white at length 0, and as deep as it gets from length 1 on. Not for NaN. */
export function vectorColor(right: number, down: number): Color {
  const turn = (Math.atan2(down, right) / (2 * Math.PI) + 1) % 1;
  const length = Math.round(Math.min(1, Math.hypot(right, down)) * lengths) / lengths;
  const [red, green, blue] = parse(interpolateRainbow(Math.round(turn * directions) / directions)).map((level) =>
    Math.round(255 + length * (level - 255)),
  );
  return [red, green, blue];
}

/** A disk of the colors of vectors, which point from its center. */
export function vectorLegend(text: string): Html {
  const stops = Array.from({ length: directions + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / directions;
    return `rgb(${vectorColor(Math.cos(angle), Math.sin(angle)).join(" ")})`;
  });
  const disk = `radial-gradient(closest-side,#fff,transparent),conic-gradient(from 90deg,${stops.join(",")})`;
  return html`<span class="legend"><i class="disk" style="background:${disk}"></i>${text}</span>`;
}

/** A strip of the colors of a map between what its ends mean. */
export function colorLegend(name: ColorMapName, low: string, high: string): Html {
  const stops = Array.from({ length: 13 }, (_, i) => {
    const share = i / 12;
    return `rgb(${colorMap(name, name === "diverging" ? 2 * share - 1 : share).join(" ")})`;
  });
  return html`<span class="legend">${low}<i style="background:linear-gradient(to right,${stops.join(",")})"></i>${high}</span>`;
}

/** ColorBrewer's RdBu is light gray in the middle: white is mixed in toward zero. */
function whitened(share: number): Color {
  const middle = parse(interpolateRdBu(0.5));
  const nearness = 1 - Math.abs(2 * share - 1);
  const [red, green, blue] = parse(interpolateRdBu(1 - share)).map((level, i) =>
    Math.min(255, Math.round(level + nearness * (255 - middle[i]))),
  );
  return [red, green, blue];
}

/** `#rrggbb` or `rgb(r, g, b)`, the two forms that d3 writes. */
function parse(text: string): Color {
  const [red, green, blue] = text.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
    : (text.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}
