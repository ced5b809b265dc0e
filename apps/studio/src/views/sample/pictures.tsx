import type { CodeTable } from "@saeno/inspect";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { DrawnFunction } from "../../engine/drawn-function.ts";
import type { EditedView, SampleView as Seen } from "../../engine/run-samples.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { commonRange, FunctionPicture } from "../../parts/function-picture.tsx";
import { MapOverlay, mapOf } from "../../parts/map-overlay.tsx";
import { SaveFunction } from "../../parts/save-function.tsx";
import { Box, type Drag, Stage } from "../../parts/stage.tsx";
import { address, navigate } from "../../state/address.ts";
import { shiftOf, withShift } from "../../state/edits.ts";
import { hints, type Tool } from "./tools.ts";

/** The sample, what the model makes of it, and what it misses; the first two take the pointer. */
export function Pictures({
  info,
  view,
  concept,
  edited,
  tool,
  region,
  onRegion,
  onDrawn,
}: {
  readonly info: RunInfo;
  readonly view: Seen;
  readonly concept: number;
  readonly edited: EditedView | undefined;
  readonly tool: Tool;
  readonly region: Drag | undefined;
  readonly onRegion: (region: Drag) => void;
  readonly onDrawn: (drawn: DrawnFunction) => void;
}): JSX.Element {
  const { edits } = address.value;
  const { input, reconstruction, codes } = view;
  const range = useMemo(() => commonRange(input, reconstruction), [input, reconstruction]);
  const [height = 1, width = 1] = input.grid;
  const shown = edited?.edited ?? reconstruction;
  const shownCodes = edited?.codes ?? codes;
  const meant = edited?.input ?? input;
  const residual = useMemo<DrawnFunction>(
    () => ({ ...meant, values: meant.values.map((value, i) => value - shown.values[i]) }),
    [meant, shown],
  );
  const shift = shiftOf(edits, concept) ?? [0, 0];
  const [start, setStart] = useState<readonly number[]>();
  const moved = ({ from, to }: Drag) => [0, 1].map((axis) => (start ?? shift)[axis] + to[axis] - from[axis]);
  const ranged = range === undefined ? {} : { range };
  const changeEdits = (next: readonly (typeof edits)[number][], replace = false) =>
    navigate({ edits: next }, { replace });
  return (
    <div class="trio">
      <figure>
        <Stage
          of={input}
          label="The sample"
          hint={tool === "draw" ? hints.draw : hints.region}
          box={tool !== "draw"}
          onDrag={(drag) => {
            if (tool === "draw") onDrawn(withDot(input, drag.to));
          }}
          onDrop={(drag) => (tool === "draw" ? onDrawn(withDot(input, drag.to)) : onRegion(drag))}
        >
          <FunctionPicture of={input} label="" {...ranged} />
          <MapOverlay entries={mapOf(codes, concept)} grid={codes.grid} />
          {region !== undefined && <Box drag={region} height={height} width={width} />}
        </Stage>
        <figcaption>
          The sample, and where concept {concept} {info.names.get(concept)} fires
          <SaveFunction name="sample" of={input} range={range} />
        </figcaption>
      </figure>
      <figure>
        <Stage
          of={input}
          label="What the model makes of it"
          hint={hints[tool === "paint" ? "paint" : "move"]}
          onDrag={(drag) => {
            if (tool === "paint" || info.codes === "scalar") return;
            setStart((old) => old ?? shift);
            changeEdits(withShift(edits, concept, moved(drag)), start !== undefined);
          }}
          onDrop={(drag) => {
            if (info.codes === "scalar") return;
            if (tool === "paint")
              changeEdits([
                ...edits,
                { kind: "paint", concept, at: [[...drag.to]], value: strengthOf(codes, concept) },
              ]);
            else if (start !== undefined) changeEdits(withShift(edits, concept, moved(drag)), true);
            setStart(undefined);
          }}
          onArrow={
            tool === "paint"
              ? undefined
              : (rows, columns) => {
                  if (info.codes === "maps")
                    changeEdits(withShift(edits, concept, [shift[0] + rows, shift[1] + columns]));
                }
          }
        >
          <FunctionPicture of={shown} label="" {...ranged} />
          <MapOverlay entries={mapOf(shownCodes, concept)} grid={shownCodes.grid} />
        </Stage>
        <figcaption>
          {edited === undefined
            ? "Reconstruction"
            : edits.length === 0
              ? `Decoded on ${shown.grid.join(" x ")}`
              : "Reconstruction, edited"}
          , relative error {(edited ?? view).error.toFixed(3)}
          {edited !== undefined && ` (${Math.round(edited.took)} ms)`}
          <SaveFunction name="reconstruction" of={shown} range={range} />
        </figcaption>
      </figure>
      <figure>
        <FunctionPicture of={residual} label="What is left over" />
        <figcaption>
          What is left of the sample, on its own scale
          <SaveFunction name="residual" of={residual} />
        </figcaption>
      </figure>
    </div>
  );
}

/** A sample with a bright dot, as a pencil of two points makes it. */
function withDot(input: DrawnFunction, [row, column]: readonly [number, number]): DrawnFunction {
  const values = input.values.slice();
  const [height = 1, width = 1] = input.grid;
  const most = values.reduce((large, value) => Math.max(large, value), 0) || 1;
  for (const [down, right] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]) {
    const at = ((row + down) % height) * width + ((column + right) % width);
    for (let c = 0; c < input.channels; c++) values[at * input.channels + c] = most;
  }
  return { ...input, values };
}

/** What a point of a concept is worth: the largest there is, else the largest of any. */
function strengthOf(codes: CodeTable, concept: number): number {
  const own = mapOf(codes, concept).map(({ value }) => value);
  return Math.max(...(own.length > 0 ? own : codes.values)) || 1;
}
