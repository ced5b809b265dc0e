import { mkdirSync } from "node:fs";
import { SaenoError } from "@saeno/backend";

/**
 * Makes a folder, and those above it, unless it is there.
 *
 * @throws SaenoError `out.folder` where that cannot be.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new SaenoError(
      "out.folder",
      `The folder ${path} cannot be made: ${(cause as Error).message}. Name another with --out.`,
      {
        cause,
      },
    );
  }
}
