import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { NetworkInfo, PhotoView, Places } from "../../engine/network-session.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { SaveAs } from "../../parts/save-as.tsx";
import { type Drag, Stage } from "../../parts/stage.tsx";
import { address, navigate } from "../../state/address.ts";
import { shiftOf, withShift } from "../../state/edits.ts";
import { ConceptOutline, FieldOfView, outlineColors } from "./outline.tsx";

/** The photo with contours of concepts, and what of it a point of the layer sees. */
export function Photo({
  info,
  network,
  view,
  where,
  concept,
  others,
}: {
  readonly info: RunInfo;
  readonly network: NetworkInfo;
  readonly view: PhotoView;
  /** With the edits. */
  readonly where: Places;
  readonly concept: number;
  /** Other concepts, the strongest first. */
  readonly others: readonly number[];
}): JSX.Element {
  const { edits } = address.value;
  const { grid } = network.layer;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState<readonly [number, number]>();
  const [start, setStart] = useState<readonly number[]>();
  useLayoutEffect(() => {
    const target = canvas.current;
    if (target === null) return;
    target.width = view.pixels.width;
    target.height = view.pixels.height;
    target.getContext("2d")?.putImageData(view.pixels, 0, 0);
  }, [view.pixels]);
  const shift = shiftOf(edits, concept) ?? [0, 0];
  const moved = ({ from, to }: Drag) => [0, 1].map((axis) => (start ?? shift)[axis] + to[axis] - from[axis]);
  const canMove = info.codes === "maps" && grid.length === 2;
  const seen = hovered === undefined ? where.get(concept) : hovered[0] * (grid[1] ?? 1) + hovered[1];
  return (
    <figure>
      <Stage
        of={{ grid }}
        label="The photo"
        hint="Drag, or press arrow keys, to move the chosen concept; press to choose the one that is there."
        onHover={setHovered}
        onDrag={(drag) => {
          if (!canMove || (start === undefined && drag.from.join() === drag.to.join())) return;
          setStart((old) => old ?? shift);
          navigate({ edits: withShift(edits, concept, moved(drag)) }, { replace: start !== undefined });
        }}
        onDrop={(drag) => {
          if (start === undefined) {
            const found = conceptAt(where, drag.to[0] * (grid[1] ?? 1) + drag.to[1]);
            if (found !== undefined) navigate({ concept: found }, { replace: true });
          }
          setStart(undefined);
        }}
        onArrow={(rows, columns) => {
          if (canMove) navigate({ edits: withShift(edits, concept, [shift[0] + rows, shift[1] + columns]) });
        }}
      >
        <canvas ref={canvas} class="picture" />
        {outlineColors.map((color, rank) => {
          const other = others[rank];
          if (other === undefined) return null;
          return <ConceptOutline key={color} map={where.get(other)} network={network} color={color} over={true} />;
        })}
        <ConceptOutline map={where.get(concept)} network={network} color="var(--mark)" over={true} />
        {seen !== undefined && <FieldOfView at={seen} network={network} />}
      </Stage>
      <figcaption>
        Where the strongest concepts are, concept {concept} {info.names.get(concept)} in{" "}
        <span class="mark">this color</span>. {fieldText(network)} Relative error of the maps {view.error.toFixed(3)} (
        {Math.round(view.took)} ms).
        <SaveAs name="photo" files={{ png: () => pngOf(view.pixels) }} />
      </figcaption>
    </figure>
  );
}

function fieldText({ layer: { receptiveField, global }, size }: NetworkInfo): string {
  if (receptiveField === undefined) return "";
  const isAll = receptiveField.every((points, axis) => points >= 2 * (size[axis] ?? 1));
  const sees = isAll ? "the whole photo" : `${receptiveField.join(" x ")} of its points around it`;
  return `A point of the layer sees ${sees}${global ? ", and averages over all of it" : ""}.`;
}

/** The concept that adds most at a point. */
function conceptAt(where: Places, position: number): number | undefined {
  const found = [...where].map(([concept, map]) => ({ concept, value: map[position] ?? 0 }));
  return found.sort((a, b) => b.value - a.value)[0]?.concept;
}

async function pngOf(pixels: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
