import { SaenoError } from "@saeno/backend";
import type { Measures } from "@saeno/experiments";
import type { Command } from "commander";

/** Flags that say what is measured beside errors on held-out samples. */
export interface MeasureFlags {
  readonly grids?: Measures["grids"];
  readonly rotations?: Measures["rotations"];
  readonly atoms?: boolean;
}

export function measureOptions(command: Command): void {
  command
    .option("--grids <sizes>", "also evaluate on these grids, such as 28,42,56,84,112", grids)
    .option("--rotations <degrees>", "also evaluate on samples turned by these angles, such as 15,45,90", rotations)
    .option("--atoms", "also describe the atoms: Hoyer scores, cosines");
}

/** Those that were given. */
export function measuresOf({ grids, rotations, atoms }: MeasureFlags): Partial<Measures> {
  return {
    ...(grids === undefined ? {} : { grids }),
    ...(rotations === undefined ? {} : { rotations }),
    ...(atoms === undefined ? {} : { atoms }),
  };
}

/** `28,42,64x48`. */
export function grids(text: string): Measures["grids"] {
  return text.split(",").map((part) => {
    const sizes = part.trim().split("x").map(Number);
    if (sizes.every((points) => Number.isInteger(points) && points >= 1)) return sizes.length === 1 ? sizes[0] : sizes;
    throw new SaenoError("eval.grids", `--grids: "${part}" is not a grid; write sizes such as 28,42,56 or 28x42.`);
  });
}

/** `15,45,90`, in degrees. */
function rotations(text: string): Measures["rotations"] {
  return text.split(",").map((part) => {
    const degrees = Number(part);
    if (part.trim() !== "" && Number.isFinite(degrees)) return degrees;
    throw new SaenoError("eval.rotations", `--rotations: "${part}" is not an angle; write degrees such as 15,45,90.`);
  });
}
