import { encodePng } from "./encode-png.ts";
import { type Html, html } from "./html.ts";
import type { Picture } from "./picture.ts";

/**
 * A picture as an `<img>` that carries its own data. It is enlarged by a whole factor, point by point, where that comes close to
 * `size` CSS pixels, and otherwise scaled to them smoothly.
 *
 * @param size of the longer side, at most.
 */
export function pictureElement(picture: Picture, size: number, description: string): Html {
  const longer = Math.max(picture.width, picture.height);
  const whole = Math.floor(size / longer);
  const crisp = whole * longer >= 0.75 * size;
  const factor = crisp ? whole : size / longer;
  const [width, height] = [Math.round(picture.width * factor), Math.round(picture.height * factor)];
  const source = `data:image/png;base64,${Buffer.from(encodePng(picture)).toString("base64")}`;
  const pixels = crisp ? ' class="pixels"' : "";
  return html`<img${{ markup: pixels }} src="${source}" width="${width}" height="${height}" alt="${description}">`;
}
