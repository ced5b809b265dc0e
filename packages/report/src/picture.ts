/** A raster picture: four bytes a pixel (red, green, blue, opacity), row by row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A picture of one color; without one, transparent. */
export function blankPicture(width: number, height: number, color?: readonly number[]): Picture {
  const rgba = new Uint8Array(4 * width * height);
  if (color !== undefined) for (let i = 0; i < rgba.length; i += 4) rgba.set([...color, 255], i);
  return { width, height, rgba };
}
