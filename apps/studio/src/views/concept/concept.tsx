import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunInfo } from "../../engine/run-session.ts";
import { FunctionPicture } from "../../parts/function-picture.tsx";
import { gridWith } from "../../parts/grids.ts";
import { ResolutionSlider } from "../../parts/resolution-slider.tsx";
import { SaveFunction } from "../../parts/save-function.tsx";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { address } from "../../state/address.ts";
import { concepts, run } from "../../state/studio.ts";
import { EnergyPlot, type EnergyRange } from "./energy-plot.tsx";
import { Facts } from "./facts.tsx";
import { NameForm } from "./name-form.tsx";
import { Samples } from "./samples.tsx";

export function ConceptView(): JSX.Element {
  return (
    <Waiting for={run.value}>
      {(info) => {
        const { concept = 0 } = address.value;
        return concept < info.conceptCount ? (
          <Concept key={concept} info={info} concept={concept} />
        ) : (
          <p class="failed" role="alert">
            There is no concept {concept}: the model has {info.conceptCount}, numbered from 0.
          </p>
        );
      }}
    </Waiting>
  );
}

function Concept({ info, concept }: { readonly info: RunInfo; readonly concept: number }): JSX.Element {
  const { run: place = "", points } = address.value;
  const list = concepts.value.state === "ready" ? concepts.value.value : undefined;
  const isFree = info.anyGrid && info.grid.length > 0;
  const grid = isFree && points !== undefined ? gridWith(info.grid, points) : info.grid;
  const atom = useAnswer(
    `${place} ${concept} ${grid.join()}`,
    async (engine) => (await engine.atoms(place, [concept], grid))[0],
  );
  const spectrum = useAnswer(isFree ? `${place} ${concept}` : undefined, (engine) => engine.spectrum(place, concept));
  const [range, setRange] = useState<EnergyRange>([0, Number.POSITIVE_INFINITY]);
  const known = useAnswer(list && `${place} ${concept} ${list.data}`, (engine) => engine.concept(place, concept));
  return (
    <>
      <NameForm info={info} concept={concept} />
      <div class="concept">
        <section aria-label="Atom">
          <figure>
            <Waiting for={atom}>
              {(of) => of && <FunctionPicture of={of} label={`Atom of concept ${concept}`} />}
            </Waiting>
            <figcaption>
              Its atom{isFree ? `, on ${grid.join(" x ")} points` : ""}: red is positive, blue negative.
            </figcaption>
          </figure>
          {atom.state === "ready" && atom.value && <SaveFunction name={`atom-of-concept-${concept}`} of={atom.value} />}
          {isFree && <ResolutionSlider grid={info.grid} points={grid[0] ?? 1} />}
        </section>
        <section aria-label="Spectrum and energy">
          <Waiting for={spectrum}>
            {(of) =>
              of && (
                <figure class="spectrum">
                  <FunctionPicture of={of} range="data" label={`Spectrum of concept ${concept}`} />
                  <figcaption>Its spectrum, zero in the middle.</figcaption>
                </figure>
              )
            }
          </Waiting>
          <Waiting for={known}>{(value) => <EnergyPlot known={value} range={range} onRange={setRange} />}</Waiting>
        </section>
        <Waiting for={known} none={<p class="note">{info.withoutSamples}</p>}>
          {(value) => list && <Facts info={info} known={value} list={list} />}
        </Waiting>
      </div>
      <Waiting for={known}>{(value) => <Samples info={info} known={value} range={range} />}</Waiting>
    </>
  );
}
