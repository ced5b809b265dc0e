/** Where a concept is, as contours over the photo. */
import type { CodeTable } from "@saeno/inspect";
import { mapOutline } from "@saeno/report/parts";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { mapOf } from "../../parts/map-overlay.tsx";

/** Of the strongest concepts, in their order; others are muted. */
export function outlineColor(rank: number, count: number): string {
  return rank >= 0 && rank < count ? `var(--model-${rank})` : "var(--muted)";
}

export function ConceptOutline({
  codes,
  concept,
  color,
  over = false,
}: {
  readonly codes: CodeTable;
  readonly concept: number;
  readonly color: string;
  /** Whether it lies over a picture, and has to be told from it. */
  readonly over?: boolean;
}): JSX.Element | null {
  const outline = useMemo(() => {
    const entries = mapOf(codes, concept);
    const map = { positions: entries.map(({ position }) => position), values: entries.map(({ value }) => value) };
    return codes.grid.length === 2 ? mapOutline(map, codes.grid) : undefined;
  }, [codes, concept]);
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
