import { colourMap } from "./colour-map.ts";
import type { ColourRange } from "./colour-range.ts";
import { blankPicture, type Picture } from "./picture.ts";
import type { Plane } from "./plane.ts";

/**
 * A plane in colour, a pixel for each grid point. Three channels become red, green and blue; with a diverging range zero is
 * mid-grey. What is not a number is transparent.
 */
export function planePicture({ width, height, channels, values }: Plane, range: ColourRange): Picture {
  const picture = blankPicture(width, height);
  for (let i = 0; i < width * height; i++) {
    const pixel = values.subarray(i * channels, (i + 1) * channels);
    if (pixel.some(Number.isNaN)) continue;
    const levels = pixel.map((value) => scaled(value, range));
    const colour =
      channels === 1
        ? colourMap(range.kind, levels[0] as number)
        : levels.map((level) =>
            Math.min(255, Math.max(0, Math.round(255 * (range.kind === "diverging" ? (level + 1) / 2 : level)))),
          );
    picture.rgba.set([...colour, 255], 4 * i);
  }
  return picture;
}

function scaled(value: number, range: ColourRange): number {
  return range.kind === "grey" ? (value - range.low) / (range.high - range.low || 1) : value / range.limit;
}
