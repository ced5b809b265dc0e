import type { IndexedConcept, SampleRecord } from "@saeno/inspect";
import type { JSX } from "preact";
import type { DrawnFunction } from "../../engine/drawn-function.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { FunctionPicture } from "../../parts/function-picture.tsx";
import { MapOverlay, mapOf } from "../../parts/map-overlay.tsx";
import { formatNumber, formatShare } from "../../parts/numbers.ts";
import { useAnswer } from "../../parts/use-answer.ts";
import { address, hrefOf } from "../../state/address.ts";
import type { EnergyRange } from "./energy-plot.tsx";

/** Samples shown of each kind. */
const shownSamples = 12;

/** Samples of a concept, and where it is in them. */
export function Samples({
  info,
  known,
  range: [from, to],
}: {
  readonly info: RunInfo;
  readonly known: IndexedConcept;
  readonly range: EnergyRange;
}): JSX.Element {
  const { top, drawn, concept } = known;
  if (known.count === 0) return <p>It is active in none of the samples.</p>;
  const inRange = ({ energy }: SampleRecord) => energy >= from && energy < to;
  return (
    <>
      <SampleRow
        title="Samples with most of it"
        info={info}
        concept={concept}
        records={top.filter(inRange).slice(0, shownSamples)}
      />
      <SampleRow
        title="Samples across all energies"
        info={info}
        concept={concept}
        records={drawn.filter(inRange).slice(0, shownSamples)}
      />
    </>
  );
}

function SampleRow({
  title,
  info,
  concept,
  records,
}: {
  readonly title: string;
  readonly info: RunInfo;
  readonly concept: number;
  readonly records: readonly SampleRecord[];
}): JSX.Element {
  const place = address.value.run ?? "";
  const indices = records.map(({ sample }) => sample);
  const views = useAnswer(
    indices.length === 0 ? undefined : `${place} ${info.samples?.name} ${indices.join()}`,
    async (engine) => {
      const found = [];
      for (const index of indices) found.push(await engine.sample(place, { index }));
      return new Map(found.map((view, i) => [indices[i], view]));
    },
  );
  return (
    <section>
      <h2>{title}</h2>
      {records.length === 0 && <p class="note">No sample of this energy is kept.</p>}
      <ul class="pictures">
        {records.map(({ sample, energy, cost, quantile }) => {
          const view = views.state === "ready" ? views.value.get(sample) : undefined;
          return (
            <li key={sample}>
              <a class="tile" href={hrefOf({ view: "sample", sample, concept })} title={`Sample ${sample}`}>
                <span class="framed">
                  {view === undefined ? (
                    <span class="thumb" />
                  ) : (
                    <FunctionPicture of={view.input} range="data" label={`Sample ${sample}`} />
                  )}
                  {view && <MapOverlay entries={mapOf(view.codes, concept)} grid={view.codes.grid} />}
                </span>
                <small>
                  {sample}
                  {view?.label !== undefined && `, ${view.label}`} · {formatNumber(energy)}
                  {quantile !== undefined && ` (${formatShare(quantile)})`} · cost{" "}
                  {view && formatShare(cost / meanSquare(view.input))}
                </small>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The mean over the grid of `|x|^2`, of which the cost of a concept is a share. */
function meanSquare({ values, channels }: DrawnFunction): number {
  return (values.reduce((sum, value) => sum + value * value, 0) * channels) / values.length || 1;
}
