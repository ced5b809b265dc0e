import { interpolateInferno, interpolateRdBu } from "d3-scale-chromatic";

/**
 * `diverging`: -1 blue, 0 white, 1 red. `sequential`: 0 black over violet and orange to 1 light yellow. `gray`: 0 black, 1 white.
 * `points`: the brighter part of `sequential`, where 0 is still seen on a dark ground.
 */
export type ColorMapName = "diverging" | "sequential" | "gray" | "points";

type Color = readonly [red: number, green: number, blue: number];

/** Odd, so that zero has an entry of its own; with one entry for missing values a PNG palette holds them all. */
const entries = 255;
const tables = new Map<ColorMapName, readonly Color[]>();

/** The color of a value, clamped to -1 .. 1 where the map is diverging and to 0 .. 1 elsewhere. Not for NaN. */
export function colorMap(name: ColorMapName, value: number): Color {
  const share = name === "diverging" ? (value + 1) / 2 : value;
  return tableOf(name)[Math.round(Math.min(1, Math.max(0, share)) * (entries - 1))];
}

function tableOf(name: ColorMapName): readonly Color[] {
  let table = tables.get(name);
  if (table === undefined) {
    table = Array.from({ length: entries }, (_, i) => colorAt(name, i / (entries - 1)));
    tables.set(name, table);
  }
  return table;
}

function colorAt(name: ColorMapName, share: number): Color {
  switch (name) {
    case "diverging":
      return whitened(share);
    case "sequential":
      return parse(interpolateInferno(share));
    case "points":
      return parse(interpolateInferno(0.42 + 0.56 * share));
    case "gray": {
      const level = Math.round(255 * share);
      return [level, level, level];
    }
    default:
      return name satisfies never;
  }
}

/** ColorBrewer's RdBu has its middle at a light gray: white is mixed in toward zero. */
function whitened(share: number): Color {
  const middle = parse(interpolateRdBu(0.5));
  const nearness = 1 - Math.abs(2 * share - 1);
  const color = parse(interpolateRdBu(1 - share));
  return color.map((level, i) => Math.min(255, Math.round(level + nearness * (255 - middle[i])))) as never;
}

/** `#rrggbb` or `rgb(r, g, b)`, the two that d3 writes. */
function parse(text: string): Color {
  const levels = text.startsWith("#")
    ? [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
    : (text.match(/\d+/g) ?? []).map(Number);
  return [levels[0] ?? 0, levels[1] ?? 0, levels[2] ?? 0];
}
