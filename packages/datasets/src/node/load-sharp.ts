import { messageOf, SaenoError } from "@saeno/backend";

/**
 * The library that decodes images, loaded where one is decoded: a program that reads none does not need it.
 *
 * @throws SaenoError `images.sharp` saying how to install it.
 */
export async function loadSharp(): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new SaenoError(
      "images.sharp",
      `Images are decoded by the package sharp, which is not installed here or does not start: npm install sharp. (${messageOf(cause).split("\n", 1)[0]})`,
      { cause },
    );
  }
}
