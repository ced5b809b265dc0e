/** A picture that can be pointed at: what is dragged over it is told in points of its grid. */
import type { ComponentChildren, JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { DrawnFunction } from "../engine/drawn-function.ts";

export interface Drag {
  /** Row and column, in points of the grid. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export interface StageProps {
  readonly of: Pick<DrawnFunction, "grid">;
  readonly label: string;
  /** What dragging does, for those who look and for screen readers. */
  readonly hint: string;
  /** Whether a box is drawn while it is dragged. */
  readonly box?: boolean;
  readonly onDrag?: (drag: Drag) => void;
  readonly onDrop: (drag: Drag) => void;
  /** Where the pointer is; nothing once it has left. */
  readonly onHover?: (at: readonly [number, number] | undefined) => void;
  /** Arrow keys move something by points: rows, columns. Without it they move a cursor, by four points with Shift, and Enter presses there. */
  readonly onArrow?: ((rows: number, columns: number) => void) | undefined;
  readonly children: ComponentChildren;
}

const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function Stage({
  of,
  label,
  hint,
  box = false,
  onDrag,
  onDrop,
  onHover,
  onArrow,
  children,
}: StageProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<Drag>();
  const [cursor, setCursor] = useState<readonly [number, number]>();
  /** The corner of a box that was begun with Enter. */
  const [corner, setCorner] = useState<readonly [number, number]>();
  const [height = 1, width = 1] = of.grid.slice(-2);
  const at = (event: PointerEvent): readonly [number, number] => {
    const area = place.current?.getBoundingClientRect();
    if (area === undefined) return [0, 0];
    const inside = (share: number, points: number) => Math.min(points - 1, Math.max(0, Math.floor(share * points)));
    return [
      inside((event.clientY - area.top) / area.height, height),
      inside((event.clientX - area.left) / area.width, width),
    ];
  };
  const middle = [height >> 1, width >> 1] as const;
  const moved = ([row, column]: readonly [number, number], [down, right]: readonly [number, number], by: number) =>
    [
      Math.min(height - 1, Math.max(0, row + by * down)),
      Math.min(width - 1, Math.max(0, column + by * right)),
    ] as const;
  return (
    <div
      class="stage"
      ref={place}
      // An application: its keys and pointer are its own.
      role="application"
      aria-label={`${label}. ${hint}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes arrow keys, as its hint says.
      tabIndex={0}
      title={hint}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const from = at(event);
        setDrag({ from, to: from });
      }}
      onPointerMove={(event) => {
        onHover?.(at(event));
        if (drag === undefined) return;
        const next = { ...drag, to: at(event) };
        setDrag(next);
        onDrag?.(next);
      }}
      onPointerUp={() => {
        if (drag !== undefined) onDrop(drag);
        setDrag(undefined);
      }}
      onPointerLeave={() => onHover?.(undefined)}
      onPointerCancel={() => setDrag(undefined)}
      onBlur={() => {
        setCursor(undefined);
        setCorner(undefined);
      }}
      onKeyDown={(event) => {
        const step = arrows[event.key];
        if (step !== undefined) {
          event.preventDefault();
          if (onArrow !== undefined) onArrow(...step);
          else setCursor(moved(cursor ?? middle, step, event.shiftKey ? 4 : 1));
        } else if ((event.key === "Enter" || event.key === " ") && onArrow === undefined) {
          event.preventDefault();
          const at = cursor ?? middle;
          setCursor(at);
          if (box && corner === undefined) setCorner(at);
          else {
            onDrop({ from: corner ?? at, to: at });
            setCorner(undefined);
          }
        }
      }}
    >
      {children}
      {box && drag !== undefined && <Box drag={drag} height={height} width={width} />}
      {cursor !== undefined && (
        <>
          <Box drag={{ from: corner ?? cursor, to: cursor }} height={height} width={width} />
          <span class="unseen" role="status">
            row {cursor[0]}, column {cursor[1]}
          </span>
        </>
      )}
    </div>
  );
}

export function Box({
  drag: { from, to },
  height,
  width,
}: {
  readonly drag: Drag;
  readonly height: number;
  readonly width: number;
}): JSX.Element {
  const [top, bottom] = [Math.min(from[0], to[0]), Math.max(from[0], to[0]) + 1];
  const [left, right] = [Math.min(from[1], to[1]), Math.max(from[1], to[1]) + 1];
  const share = (part: number, whole: number) => `${(100 * part) / whole}%`;
  return (
    <div
      class="box"
      style={{
        top: share(top, height),
        left: share(left, width),
        height: share(bottom - top, height),
        width: share(right - left, width),
      }}
    />
  );
}
