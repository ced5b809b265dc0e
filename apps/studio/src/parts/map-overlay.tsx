/** Where a concept is active, over a picture of the sample. */
import type { CodeTable } from "@saeno/inspect";
import type { JSX } from "preact";

export interface MapEntry {
  readonly position: number;
  readonly value: number;
}

/** The entries of a concept of a sample in a table of one. */
export function mapOf({ concepts, maps, positions, values }: CodeTable, concept: number): MapEntry[] {
  const map = concepts.indexOf(concept);
  if (map < 0) return [];
  return Array.from({ length: maps[map + 1] - maps[map] }, (_, i) => ({
    position: positions[maps[map] + i],
    value: values[maps[map] + i],
  }));
}

/** Points of a map: on a grid with two axes dots whose areas are their values, on one axis lines as high as they are. */
export function MapOverlay({
  entries,
  grid,
  color = "var(--mark)",
}: {
  readonly entries: readonly MapEntry[];
  readonly grid: readonly number[];
  readonly color?: string;
}): JSX.Element | null {
  if (grid.length === 1) return <LineOverlay entries={entries} points={grid[0] ?? 1} color={color} />;
  const [height, width] = grid;
  if (height === undefined || width === undefined || grid.length !== 2) return null;
  const most = Math.max(...entries.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const radius = Math.max(height, width) / 28;
  return (
    <svg class="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {entries.map(({ position, value }) => (
        <circle
          key={position}
          cx={(position % width) + 0.5}
          cy={Math.floor(position / width) + 0.5}
          r={radius * Math.sqrt(Math.abs(value) / most) + radius / 4}
          stroke={color}
        />
      ))}
    </svg>
  );
}

function LineOverlay({
  entries,
  points,
  color,
}: {
  readonly entries: readonly MapEntry[];
  readonly points: number;
  readonly color: string;
}): JSX.Element {
  const most = Math.max(...entries.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  return (
    <svg class="overlay" viewBox={`0 -1 ${points} 2`} preserveAspectRatio="none" aria-hidden="true">
      {entries.map(({ position, value }) => (
        <line key={position} x1={position + 0.5} x2={position + 0.5} y1="0" y2={-value / most} stroke={color} />
      ))}
    </svg>
  );
}
