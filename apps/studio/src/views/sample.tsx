import type { CodeTable } from "@saeno/inspect";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DrawnFunction } from "../engine/drawn-function.ts";
import type { RunInfo, SampleChoice, SampleView as Seen } from "../engine/run-session.ts";
import { commonRange, FunctionPicture } from "../parts/function-picture.tsx";
import { MapOverlay, mapOf } from "../parts/map-overlay.tsx";
import { formatNumber, formatShare } from "../parts/numbers.ts";
import { OtherSamples } from "../parts/other-samples.tsx";
import { ResolutionSlider } from "../parts/resolution-slider.tsx";
import { SaveFunction } from "../parts/save-function.tsx";
import { Box, type Drag, Stage } from "../parts/stage.tsx";
import { useAnswer } from "../parts/use-answer.ts";
import { Waiting } from "../parts/waiting.tsx";
import { address, hrefOf, navigate } from "../state/address.ts";
import { factorOf, isSolo, shiftOf, withFactor, withShift, withSolo } from "../state/edits.ts";
import { beside, run } from "../state/studio.ts";

export function SampleView(): JSX.Element {
  return (
    <Waiting for={run.value}>
      {(info) =>
        info.samples === undefined ? (
          <>
            <h1>Samples</h1>
            <p>{info.withoutSamples}</p>
            <OtherSamples />
          </>
        ) : (
          <Sample info={info} size={info.samples.size} />
        )
      }
    </Waiting>
  );
}

/** What the pointer does. */
type Tool = "move" | "paint" | "region" | "draw";
const tools: Readonly<Record<Tool, string>> = {
  move: "Move the concept",
  paint: "Paint it",
  region: "What fires here?",
  draw: "Draw a sample",
};
const hints: Readonly<Record<Tool, string>> = {
  move: "Drag, or press arrow keys, to move the chosen concept.",
  paint: "Press on points to add the chosen concept there; or go there with arrow keys and press Enter.",
  region: "Drag over a region to see which concepts make it; or press Enter at two corners, arrow keys between.",
  draw: "Draw on the sample, or press Enter at points that arrow keys lead to; the model encodes what you drew.",
};

function Sample({ info, size }: { readonly info: RunInfo; readonly size: number }): JSX.Element {
  const { run: place = "", sample, edits, active, density, points, concept: wanted } = address.value;
  const [tool, setTool] = useState<Tool>("region");
  const [drawn, setDrawn] = useState<DrawnFunction>();
  const [region, setRegion] = useState<Drag>();
  useEffect(() => {
    setDrawn(undefined);
    setRegion(undefined);
  }, [sample, place]);
  const index = Math.min(sample, size - 1);
  const choice: SampleChoice = drawn === undefined ? { index } : { drawn };
  const sparsity = useMemo(() => {
    if (info.sparsity === undefined || (active === undefined && density === undefined)) return undefined;
    const points = density ?? info.sparsity.density;
    return { active: active ?? info.sparsity.active, ...(points === undefined ? {} : { density: points }) };
  }, [active, density, info.sparsity]);
  const question = `${place} ${info.samples?.name} ${index} ${drawn === undefined ? "" : keyOf(drawn)} ${JSON.stringify(sparsity)}`;
  const seen = useAnswer(question, (engine) => engine.sample(place, choice, sparsity));
  const grid =
    points === undefined ? undefined : info.grid.map((own) => Math.round((own * points) / (info.grid[0] ?? 1)));
  const edited = useAnswer(
    edits.length === 0 && grid === undefined ? undefined : `${question} ${JSON.stringify([edits, grid])}`,
    (engine) => engine.edited(place, choice, edits, { grid, sparsity }),
  );
  const undo = () => navigate({ edits: edits.slice(0, -1) });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "range";
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || isTyping || edits.length === 0) return;
      event.preventDefault();
      undo();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [edits]);
  const go = (next: number) => navigate({ sample: next, edits: [], concept: undefined });
  return (
    <>
      <div class="row">
        <h1>Sample {index}</h1>
        <label>
          of {size}{" "}
          <input
            type="number"
            aria-label="Sample"
            min="0"
            max={size - 1}
            value={index}
            onChange={({ currentTarget }) => go(Number(currentTarget.value))}
          />
        </label>
        <button type="button" class="secondary" disabled={index === 0} onClick={() => go(index - 1)}>
          Previous
        </button>
        <button type="button" class="secondary" disabled={index + 1 >= size} onClick={() => go(index + 1)}>
          Next
        </button>
        {seen.state === "ready" && seen.value.label !== undefined && <span>label {seen.value.label}</span>}
        {drawn !== undefined && (
          <button type="button" class="quiet" onClick={() => setDrawn(undefined)}>
            Discard the drawing
          </button>
        )}
      </div>
      <Waiting for={seen}>
        {(view) => {
          const concept = wanted ?? energiesOf(view.codes)[0]?.concept ?? 0;
          return (
            <div class="workbench">
              <div>
                <Pictures
                  info={info}
                  view={view}
                  concept={concept}
                  edited={edited.state === "ready" ? edited.value : undefined}
                  tool={tool}
                  region={region}
                  onRegion={setRegion}
                  onDrawn={setDrawn}
                />
                <div class="tools" role="toolbar" aria-label="What the pointer does">
                  {Object.entries(tools).map(([name, label]) => (
                    <button
                      key={name}
                      type="button"
                      class="secondary"
                      aria-pressed={tool === name}
                      disabled={
                        view.input.grid.length !== 2 ||
                        (info.codes === "scalar" && (name === "move" || name === "paint"))
                      }
                      onClick={() => setTool(name as Tool)}
                    >
                      {label}
                    </button>
                  ))}
                  <button type="button" class="secondary" disabled={edits.length === 0} onClick={undo} title="Ctrl+Z">
                    Undo
                  </button>
                  <button
                    type="button"
                    class="secondary"
                    disabled={edits.length === 0}
                    onClick={() => navigate({ edits: [] })}
                  >
                    Take all edits back
                  </button>
                </div>
                <p class="note">{hints[tool]}</p>
                {info.anyGrid && info.grid.length > 0 && (
                  <ResolutionSlider grid={info.grid} points={grid?.[0] ?? info.grid[0] ?? 1} />
                )}
                <SparsitySliders info={info} />
                <OtherSamples />
                {grid !== undefined && (
                  <Besides info={info} choice={choice} question={`${question} ${grid.join()}`} grid={grid} />
                )}
              </div>
              <div>
                {tool === "region" && region !== undefined && (
                  <Region place={place} choice={choice} question={question} region={region} info={info} />
                )}
                <ActiveConcepts info={info} codes={view.codes} chosen={concept} />
              </div>
            </div>
          );
        }}
      </Waiting>
    </>
  );
}

/** `|z_k|^2` of each active concept, a mean over the grid. */
function energiesOf({
  concepts,
  maps,
  values,
  grid,
}: CodeTable): { readonly concept: number; readonly energy: number }[] {
  const points = grid.reduce((product, count) => product * count, 1);
  const energyOf = (map: number) =>
    values.subarray(maps[map], maps[map + 1]).reduce((sum, value) => sum + value * value, 0) / points;
  return Array.from(concepts, (concept, map) => ({ concept, energy: energyOf(map) })).sort(
    (a, b) => b.energy - a.energy,
  );
}

function Pictures({
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
  readonly edited:
    | { readonly edited: DrawnFunction; readonly codes: CodeTable; readonly error: number; readonly took: number }
    | undefined;
  readonly tool: Tool;
  readonly region: Drag | undefined;
  readonly onRegion: (region: Drag) => void;
  readonly onDrawn: (drawn: DrawnFunction) => void;
}): JSX.Element {
  const { edits } = address.value;
  const { input, reconstruction, codes } = view;
  const range = useMemo(() => commonRange(input, reconstruction), [input, reconstruction]);
  const residual = useMemo<DrawnFunction>(
    () => ({ ...input, values: input.values.map((value, i) => value - reconstruction.values[i]) }),
    [input, reconstruction],
  );
  const [height = 1, width = 1] = input.grid;
  const shown = edited?.edited ?? reconstruction;
  const shownCodes = edited?.codes ?? codes;
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
          What the reconstruction misses, on its own scale
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

function keyOf({ values }: DrawnFunction): string {
  let hash = 0;
  for (const value of values) hash = (Math.imul(hash, 31) + Math.round(value * 1e4)) | 0;
  return String(hash);
}

/** What a point of a concept is worth: the largest there is, else the largest of any. */
function strengthOf(codes: CodeTable, concept: number): number {
  const own = mapOf(codes, concept).map(({ value }) => value);
  return Math.max(...(own.length > 0 ? own : codes.values)) || 1;
}

function SparsitySliders({ info: { sparsity, conceptCount } }: { readonly info: RunInfo }): JSX.Element | null {
  const { active, density } = address.value;
  if (sparsity === undefined) return null;
  const isOwn = active === undefined && density === undefined;
  return (
    <div class="row">
      <label>
        Concepts{" "}
        <input
          type="range"
          min="1"
          max={Math.min(conceptCount, 4 * sparsity.active)}
          value={active ?? sparsity.active}
          onInput={({ currentTarget }) => navigate({ active: Number(currentTarget.value) }, { replace: true })}
        />{" "}
        <output>{active ?? sparsity.active}</output>
      </label>
      {sparsity.density !== undefined && (
        <label>
          Share of the domain{" "}
          <input
            type="range"
            min="-3"
            max="3"
            step="0.25"
            value={Math.log2((density ?? sparsity.density) / sparsity.density)}
            onInput={({ currentTarget }) =>
              navigate(
                { density: Math.min(1, (sparsity.density ?? 0) * 2 ** Number(currentTarget.value)) },
                { replace: true },
              )
            }
          />{" "}
          <output>{formatShare(density ?? sparsity.density)}</output>
        </label>
      )}
      {isOwn ? (
        <small>as trained</small>
      ) : (
        <button type="button" class="quiet" onClick={() => navigate({ active: undefined, density: undefined })}>
          as trained
        </button>
      )}
    </div>
  );
}

/** Both models encode the sample on a finer or coarser grid: what a kernel in points of the grid cannot do. */
function Besides({
  info,
  choice,
  question,
  grid,
}: {
  readonly info: RunInfo;
  readonly choice: SampleChoice;
  readonly question: string;
  readonly grid: readonly number[];
}): JSX.Element {
  const { run: place = "", beside: other } = address.value;
  const own = useAnswer(question, (engine) => engine.resampled(place, choice, grid));
  const theirs = useAnswer(other && `${other} ${question}`, (engine) => engine.resampled(other ?? "", choice, grid));
  const views: readonly (readonly [string, typeof own])[] = [
    [info.name, own],
    ...(beside.value.state === "ready" ? [[beside.value.value.name, theirs] as const] : []),
  ];
  const range = own.state === "ready" ? commonRange(own.value.input) : undefined;
  return (
    <section aria-label="On another grid">
      <h2>Encoded again on {grid.join(" x ")} points</h2>
      <div class="trio">
        {own.state === "ready" && (
          <figure>
            <FunctionPicture of={own.value.input} label="The sample on this grid" {...(range && { range })} />
            <figcaption>The sample there</figcaption>
          </figure>
        )}
        {views.map(([name, view]) => (
          <figure key={name}>
            <Waiting for={view}>
              {({ reconstruction, error }) => (
                <>
                  <FunctionPicture of={reconstruction} label={`Reconstruction of ${name}`} {...(range && { range })} />
                  <figcaption>
                    <b>{name}</b>, relative error {error.toFixed(3)}
                  </figcaption>
                </>
              )}
            </Waiting>
          </figure>
        ))}
      </div>
    </section>
  );
}

function Region({
  place,
  choice,
  question,
  region: { from, to },
  info,
}: {
  readonly place: string;
  readonly choice: SampleChoice;
  readonly question: string;
  readonly region: Drag;
  readonly info: RunInfo;
}): JSX.Element {
  const [low, high] = [
    [0, 1].map((axis) => Math.min(from[axis], to[axis])),
    [0, 1].map((axis) => Math.max(from[axis], to[axis]) + 1),
  ];
  const found = useAnswer(`${question} ${low.join()} ${high.join()}`, (engine) =>
    engine.region(place, choice, low, high),
  );
  return (
    <section aria-label="What fires here" aria-live="polite">
      <h2>Of what concepts add in the box</h2>
      <Waiting for={found}>
        {(ranked) => (
          <ol class="inline">
            {ranked
              .filter(({ share }) => share > 0.005)
              .slice(0, 8)
              .map(({ concept, share }) => (
                <li key={concept}>
                  <a href={hrefOf({ view: "concept", concept })}>
                    {concept} {info.names.get(concept)}
                  </a>{" "}
                  {formatShare(share)}
                </li>
              ))}
          </ol>
        )}
      </Waiting>
    </section>
  );
}

function ActiveConcepts({
  info,
  codes,
  chosen,
}: {
  readonly info: RunInfo;
  readonly codes: CodeTable;
  readonly chosen: number;
}): JSX.Element {
  const { run: place = "", edits } = address.value;
  const energies = useMemo(() => energiesOf(codes), [codes]);
  const concepts = energies.map(({ concept }) => concept);
  const grid = info.grid.map((points) => Math.min(points, 48));
  const atoms = useAnswer(`${place} ${concepts.join()}`, (engine) => engine.atoms(place, concepts, grid));
  return (
    <section aria-label="Active concepts">
      <h2>{energies.length} concepts are active</h2>
      <ul class="active">
        {energies.map(({ concept, energy }, i) => {
          const factor = factorOf(edits, concept);
          const atom = atoms.state === "ready" ? atoms.value[i] : undefined;
          const name = info.names.get(concept) ?? "";
          const scale = (value: number, replace: boolean) =>
            navigate({ edits: withFactor(edits, concept, value), concept }, { replace });
          return (
            <li key={concept} class={concept === chosen ? "chosen" : ""}>
              <button
                type="button"
                class="pick"
                aria-pressed={concept === chosen}
                aria-label={`Choose concept ${concept} ${name}`}
                onClick={() => navigate({ concept }, { replace: true })}
              >
                {atom && <FunctionPicture of={atom} label="" size={44} />}
              </button>
              <div>
                <div class="line-of">
                  <a href={hrefOf({ view: "concept", concept })}>
                    <b>{concept}</b> {name}
                  </a>
                  <small>energy {formatNumber(energy)}</small>
                </div>
                <input
                  type="range"
                  min="0"
                  max="2"
                  step="0.05"
                  value={factor}
                  aria-label={`How much of concept ${concept} ${name}`}
                  onInput={({ currentTarget }) =>
                    scale(
                      Number(currentTarget.value),
                      edits.some((edit) => edit.kind === "scale" && edit.concept === concept),
                    )
                  }
                />{" "}
                <output>{factor.toFixed(2)}x</output>
              </div>
              <span>
                <button
                  type="button"
                  class="quiet"
                  aria-pressed={factor === 0}
                  onClick={() => scale(factor === 0 ? 1 : 0, false)}
                >
                  {factor === 0 ? "Put back" : "Remove"}
                  <span class="unseen"> concept {concept}</span>
                </button>
                <button
                  type="button"
                  class="quiet"
                  aria-pressed={isSolo(edits, concept)}
                  onClick={() => navigate({ edits: withSolo(edits, concept), concept })}
                >
                  Solo<span class="unseen"> concept {concept}</span>
                </button>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
