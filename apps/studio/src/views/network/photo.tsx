import type { CodeTable } from "@saeno/inspect";
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { NetworkInfo, PhotoView } from "../../engine/network-session.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { mapOf } from "../../parts/map-overlay.tsx";
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
  codes,
  concept,
  others,
}: {
  readonly info: RunInfo;
  readonly network: NetworkInfo;
  readonly view: PhotoView;
  /** With the edits. */
  readonly codes: CodeTable;
  readonly concept: number;
  /** Other concepts, the strongest first. */
  readonly others: readonly number[];
}): JSX.Element {
  const { edits } = address.value;
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
  const canMove = info.codes === "maps" && codes.grid.length === 2;
  const { grid, receptiveField } = network.layer;
  const seen = hovered && [{ position: hovered[0] * (grid[1] ?? 1) + hovered[1], value: 1 }];
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
            const found = conceptAt(codes, drag.to);
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
          return (
            <ConceptOutline key={color} codes={codes} concept={other} size={network.size} color={color} over={true} />
          );
        })}
        <ConceptOutline codes={codes} concept={concept} size={network.size} color="var(--mark)" over={true} />
        <FieldOfView
          entries={seen ?? mapOf(codes, concept)}
          grid={grid}
          image={{ grid: network.size, receptiveField }}
        />
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

/** The concept that is strongest at a point. */
function conceptAt(codes: CodeTable, [row, column]: readonly [number, number]): number | undefined {
  const position = row * (codes.grid[1] ?? 1) + column;
  let found: { readonly concept: number; readonly value: number } | undefined;
  for (const concept of codes.concepts) {
    const value = Math.abs(mapOf(codes, concept).find((entry) => entry.position === position)?.value ?? 0);
    if (value > (found?.value ?? 0)) found = { concept, value };
  }
  return found?.concept;
}

async function pngOf(pixels: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}
