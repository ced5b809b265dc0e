import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DrawnFunction } from "../../engine/drawn-function.ts";
import type { SampleChoice } from "../../engine/run-samples.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { gridWith } from "../../parts/grids.ts";
import { OtherSamples } from "../../parts/other-samples.tsx";
import { ResolutionSlider } from "../../parts/resolution-slider.tsx";
import type { Drag } from "../../parts/stage.tsx";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { address, navigate } from "../../state/address.ts";
import { run } from "../../state/studio.ts";
import { ActiveConcepts, energiesOf } from "./active-concepts.tsx";
import { Besides } from "./besides.tsx";
import { Pictures } from "./pictures.tsx";
import { Region } from "./region.tsx";
import { SparsitySliders } from "./sparsity-sliders.tsx";
import { hints, type Tool, tools } from "./tools.ts";

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
  const grid = points === undefined ? undefined : gridWith(info.grid, points);
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

function keyOf({ values }: DrawnFunction): string {
  let hash = 0;
  for (const value of values) hash = (Math.imul(hash, 31) + Math.round(value * 1e4)) | 0;
  return String(hash);
}
