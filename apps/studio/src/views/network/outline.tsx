/** Where a concept is, as contours over the photo. */
import { type Grid, sizeOf } from "@saeno/backend";
import { type MapOutline, mapOutline, type OutlinedImage } from "@saeno/report/parts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { NetworkInfo } from "../../engine/network-session.ts";

/** Of concepts beside the chosen one, the strongest first: as many as have contours on the photo. */
export const outlineColors = ["var(--model-0)", "var(--model-2)", "var(--model-3)"] as const;

export function ConceptOutline({
  map,
  network: { layer, size },
  color,
  over = false,
}: {
  /** How much of it there is at each point of the layer. */
  readonly map: Float32Array | undefined;
  readonly network: NetworkInfo;
  readonly color: string;
  /** Whether it lies over a picture, and has to be told from it. */
  readonly over?: boolean;
}): JSX.Element | null {
  const outline = useMemo(() => map && outlineOf(map, layer.grid, { grid: size }), [map, layer, size]);
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

/** The part of the photo that a point of the layer sees, or the strongest point of a map; nothing where that is all of it. */
export function FieldOfView({
  at,
  network: { layer, size },
}: {
  readonly at: Float32Array | number;
  readonly network: NetworkInfo;
}): JSX.Element | null {
  const { grid, receptiveField } = layer;
  const map = typeof at === "number" ? Float32Array.from({ length: sizeOf(grid) }, (_, i) => Number(i === at)) : at;
  const outline = outlineOf(map, grid, { grid: size, receptiveField });
  if (outline?.field === undefined) return null;
  const { width, height, field } = outline;
  return (
    <svg class="overlay field-of-view" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <rect {...field} class="casing" />
      <rect {...field} />
    </svg>
  );
}

function outlineOf(values: Float32Array, grid: Grid, image: OutlinedImage): MapOutline | undefined {
  return grid.length === 2 ? mapOutline(values, grid, image) : undefined;
}
