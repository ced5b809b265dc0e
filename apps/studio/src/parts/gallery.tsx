/** Tiles in rows, of which only those in sight are in the page: thousands scroll as smoothly as ten. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface GalleryProps {
  readonly count: number;
  /** CSS pixels of a tile and its margin, at least. */
  readonly width: number;
  readonly height: number;
  readonly label: string;
  readonly tile: (index: number) => ComponentChildren;
  /** Told of the tiles that are in sight or near it. */
  readonly onShown?: (from: number, to: number) => void;
}

/** Rows above and below the window that are there already. */
const beyond = 3;

export function Gallery({ count, width, height, label, tile, onShown }: GalleryProps): JSX.Element {
  const place = useRef<HTMLUListElement>(null);
  const [view, setView] = useState({ columns: 1, from: 0, to: 0 });
  useEffect(() => {
    const target = place.current;
    if (target === null) return;
    const look = () => {
      const { top, width: whole } = target.getBoundingClientRect();
      const columns = Math.max(1, Math.floor(whole / width));
      const first = Math.max(0, Math.floor(-top / height) - beyond);
      const last = Math.ceil((innerHeight - top) / height) + beyond;
      const [from, to] = [Math.min(count, first * columns), Math.max(0, Math.min(count, last * columns))];
      setView((old) => (old.columns === columns && old.from === from && old.to === to ? old : { columns, from, to }));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(target);
    addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      removeEventListener("scroll", look);
    };
  }, [count, width, height]);
  const { columns } = view;
  // There may be fewer than when it was last looked.
  const [from, to] = [Math.min(view.from, count), Math.min(view.to, count)];
  useEffect(() => onShown?.(from, to), [from, to, onShown]);
  const rows = Math.ceil(count / columns);
  return (
    <ul
      class="gallery"
      ref={place}
      aria-label={label}
      style={{
        height: `${rows * height}px`,
        paddingTop: `${Math.floor(from / columns) * height}px`,
        gridTemplateColumns: `repeat(${columns}, 1fr)`,
        gridAutoRows: `${height}px`,
      }}
    >
      {Array.from({ length: Math.max(0, to - from) }, (_, i) => (
        <li key={from + i} aria-setsize={count} aria-posinset={from + i + 1}>
          {tile(from + i)}
        </li>
      ))}
    </ul>
  );
}
