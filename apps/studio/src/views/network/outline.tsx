/** Where a concept is, as contours over the photo. */
import type { Grid } from "@saeno/backend";
import type { CodeTable } from "@saeno/inspect";
import { type MapOutline, mapOutline, type OutlinedImage } from "@saeno/report/parts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { type MapEntry, mapOf } from "../../parts/map-overlay.tsx";

/** Of concepts beside the chosen one, the strongest first: as many as have contours on the photo. */
export const outlineColors = ["var(--model-0)", "var(--model-2)", "var(--model-3)"] as const;

export function ConceptOutline({
  codes,
  concept,
  size,
  color,
  over = false,
}: {
  readonly codes: CodeTable;
  readonly concept: number;
  /** Points of the photo. */
  readonly size: Grid;
  readonly color: string;
  /** Whether it lies over a picture, and has to be told from it. */
  readonly over?: boolean;
}): JSX.Element | null {
  const outline = useMemo(() => outlineOf(mapOf(codes, concept), codes.grid, { grid: size }), [codes, concept, size]);
  if (outline === undefined) return null;
  const { width, height, paths } = outline;
  return (
    <svg
      class={over ? "overlay contours" : "picture contours"}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {paths.map((path, i) => (
        <g key={i}>
          {over && <path d={path} class="casing" />}
          <path d={path} stroke={color} class={i === 0 ? "" : "strong"} />
        </g>
      ))}
    </svg>
  );
}

/** The part of the photo that a point of the layer sees, or the strongest point of some; nothing where that is all of it. */
export function FieldOfView({
  entries,
  grid,
  image,
}: {
  readonly entries: readonly MapEntry[];
  readonly grid: Grid;
  readonly image: OutlinedImage;
}): JSX.Element | null {
  const outline = outlineOf(entries, grid, image);
  if (outline?.field === undefined) return null;
  const { width, height, field } = outline;
  return (
    <svg class="overlay field-of-view" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <rect {...field} class="casing" />
      <rect {...field} />
    </svg>
  );
}

function outlineOf(entries: readonly MapEntry[], grid: Grid, image: OutlinedImage): MapOutline | undefined {
  const positions = entries.map(({ position }) => position);
  const values = entries.map(({ value }) => value);
  return grid.length === 2 ? mapOutline({ positions, values }, grid, image) : undefined;
}
