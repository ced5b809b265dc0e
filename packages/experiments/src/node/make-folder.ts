import { mkdirSync } from "node:fs";
import { SaenoError } from "@saeno/backend";
import { messageOf } from "../message-of.ts";

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
      `The folder ${path} cannot be made: ${messageOf(cause)}. Name another with --out.`,
      {
        cause,
      },
    );
  }
}
