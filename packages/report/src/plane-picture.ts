import { colorMap } from "./color-map.ts";
import type { ColorRange } from "./color-range.ts";
import { blankPicture, type Picture } from "./picture.ts";
import type { Plane } from "./plane.ts";

/**
 * A plane in color, a pixel for each grid point. Three channels become red, green and blue; with a diverging range zero is
 * mid-gray. What is not a number is transparent.
 */
export function planePicture({ width, height, channels, values }: Plane, range: ColorRange): Picture {
  const picture = blankPicture(width, height);
  for (let i = 0; i < width * height; i++) {
    const pixel = values.subarray(i * channels, (i + 1) * channels);
    if (pixel.some(Number.isNaN)) continue;
    const levels = pixel.map((value) => scaled(value, range));
    const color =
      channels === 1
        ? colorMap(range.kind, levels[0])
        : levels.map((level) =>
            Math.min(255, Math.max(0, Math.round(255 * (range.kind === "diverging" ? (level + 1) / 2 : level)))),
          );
    picture.rgba.set([...color, 255], 4 * i);
  }
  return picture;
}

function scaled(value: number, range: ColorRange): number {
  return range.kind === "gray" ? (value - range.low) / (range.high - range.low || 1) : value / range.limit;
}
