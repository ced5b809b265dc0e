import { type Grid, messageOf, SaenoError, sizeOf } from "@saeno/backend";
import { arrayDataset, type Dataset } from "@saeno/datasets";

/** Of linear light of sRGB's primaries (Rec. 709). */
const luminance = [0.2126, 0.7152, 0.0722] as const;

export function isImage({ name, type }: File): boolean {
  return type.startsWith("image/") || /\.(png|jpe?g|webp|gif|bmp|avif)$/i.test(name);
}

/**
 * Images as samples on a grid, their middle cut out in its proportion and scaled to it; 0 to 1, gray or in color.
 *
 * @throws SaenoError `images.decode` naming the file.
 */
export async function imageSamples(files: readonly File[], grid: Grid, channels: number): Promise<Dataset> {
  const [height, width] = grid;
  if (grid.length !== 2 || height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new SaenoError(
      "eval.data",
      `The model takes functions with ${channels} channels on ${grid.length} axes, and no images.`,
      {
        kind: "data",
      },
    );
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null)
    throw new SaenoError("images.decode", "This browser gives workers no canvas to decode images on.");
  const size = sizeOf(grid) * channels;
  const values = new Float32Array(files.length * size);
  for (const [i, file] of files.entries()) {
    const image = await createImageBitmap(file).catch((cause) => {
      throw new SaenoError("images.decode", `${file.name} cannot be read as an image: ${messageOf(cause)}`, {
        kind: "data",
        cause,
      });
    });
    const scale = Math.min(image.width / width, image.height / height);
    const [cutWidth, cutHeight] = [width * scale, height * scale];
    context.drawImage(
      image,
      (image.width - cutWidth) / 2,
      (image.height - cutHeight) / 2,
      cutWidth,
      cutHeight,
      0,
      0,
      width,
      height,
    );
    image.close();
    const { data } = context.getImageData(0, 0, width, height);
    for (let point = 0; point < size / channels; point++) {
      const [red = 0, green = 0, blue = 0] = data.subarray(4 * point, 4 * point + 3);
      const color =
        channels === 3 ? [red, green, blue] : [red * luminance[0] + green * luminance[1] + blue * luminance[2]];
      for (const [c, level] of color.entries()) values[i * size + point * channels + c] = level / 255;
    }
  }
  const name = files.length === 1 ? (files[0]?.name ?? "image") : `${files.length} images`;
  return arrayDataset({ name, values, shape: [files.length, height, width, channels] });
}
