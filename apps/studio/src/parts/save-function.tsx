import type { ColorRange } from "@saeno/report/parts";
import type { JSX } from "preact";
import type { DrawnFunction } from "../engine/drawn-function.ts";
import { picturePng } from "./function-picture.tsx";
import { SaveAs } from "./save-as.tsx";

/** A function as a picture and as numbers. */
export function SaveFunction({
  name,
  of,
  range,
}: {
  readonly name: string;
  readonly of: DrawnFunction;
  readonly range?: ColorRange | "data" | undefined;
}): JSX.Element {
  return (
    <SaveAs name={name} files={{ ...(of.grid.length > 1 && { png: () => picturePng(of, range) }), json: () => of }} />
  );
}
