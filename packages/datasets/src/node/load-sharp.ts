import { messageOf, SaenoError } from "@saeno/backend";

/**
 * The library that decodes images, loaded when one is decoded: programs that read no images do not need it.
 *
 * @throws SaenoError `images.sharp` saying how to install it.
 */
export async function loadSharp(): Promise<typeof import("sharp").default> {
  try {
    const { default: sharp } = await import("sharp");
    // Its cache goes by the names of files, whatever has become of them, and holds memory that is counted here.
    sharp.cache(false);
    return sharp;
  } catch (cause) {
    throw new SaenoError(
      "images.sharp",
      `Images are decoded by the package sharp, which is not installed here or does not start: npm install sharp. (${messageOf(cause).split("\n", 1)[0]})`,
      { cause },
    );
  }
}
