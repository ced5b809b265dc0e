import { barY, ruleY } from "@observablehq/plot";
import type { IndexedConcept, SampleRecord } from "@saeno/inspect";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ConceptList } from "../engine/engine.ts";
import type { RunInfo } from "../engine/run-session.ts";
import { FunctionPicture } from "../parts/function-picture.tsx";
import { MapOverlay, mapOf } from "../parts/map-overlay.tsx";
import { formatNumber, formatShare } from "../parts/numbers.ts";
import { type DescribedPlot, Plot } from "../parts/plot.tsx";
import { ResolutionSlider } from "../parts/resolution-slider.tsx";
import { SaveFunction } from "../parts/save-function.tsx";
import { useAnswer } from "../parts/use-answer.ts";
import { Waiting } from "../parts/waiting.tsx";
import { address, hrefOf, navigate } from "../state/address.ts";
import { concepts, messageOf, reopen, run, running } from "../state/studio.ts";

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
  const grid =
    isFree && points !== undefined
      ? info.grid.map((own) => Math.round((own * points) / (info.grid[0] ?? 1)))
      : info.grid;
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

function NameForm({ info, concept }: { readonly info: RunInfo; readonly concept: number }): JSX.Element {
  const name = info.names.get(concept) ?? "";
  const [said, setSaid] = useState("");
  const save = async (text: string) => {
    if (text === name) return;
    try {
      const isKept = await (await running()).rename(address.value.run ?? "", concept, text);
      await reopen();
      setSaid(isKept ? "saved" : "The run is on a server and is not changed; open a copy to give names.");
    } catch (error) {
      setSaid(messageOf(error));
    }
  };
  return (
    <div class="row">
      <h1>
        Concept {concept}
        {name !== "" && `: ${name}`}
      </h1>
      <label>
        Name{" "}
        <input
          defaultValue={name}
          maxLength={80}
          placeholder="what is it?"
          onChange={({ currentTarget }) => void save(currentTarget.value)}
        />
      </label>
      <span role="status" class="note">
        {said}
      </span>
      <span class="steps">
        {concept > 0 && <a href={hrefOf({ concept: concept - 1 })}>previous</a>}{" "}
        {concept + 1 < info.conceptCount && <a href={hrefOf({ concept: concept + 1 })}>next</a>}
      </span>
    </div>
  );
}

function Facts({
  info,
  known,
  list,
}: {
  readonly info: RunInfo;
  readonly known: IndexedConcept;
  readonly list: ConceptList;
}): JSX.Element {
  const { share, count, cost, energy, atom, label, site, coactive } = known;
  return (
    <section aria-label="What is known of it">
      <dl class="facts">
        <dt>cost of loss</dt>
        <dd>
          {formatShare(cost / (list.error || 1))} of the error, {formatShare(cost / (list.power || 1))} of the power of
          samples
        </dd>
        <dt>active in</dt>
        <dd>
          {formatShare(share)} of samples ({count} of {list.samples})
        </dd>
        <dt>mean energy</dt>
        <dd>{formatNumber(energy.mean)}</dd>
        {label !== undefined && (
          <>
            <dt>tells label</dt>
            <dd>
              {list.labelNames?.[label.label] ?? label.label}, AUC {label.auc.toFixed(2)},{" "}
              {formatNumber(label.information)} bits
            </dd>
          </>
        )}
        {atom.extent !== undefined && (
          <>
            <dt>extent</dt>
            <dd>90 % of it on {formatShare(atom.extent)} of the domain</dd>
          </>
        )}
        {atom.frequency !== undefined && (
          <>
            <dt>frequency</dt>
            <dd>{atom.frequency.join(", ")} cycles of the domain</dd>
          </>
        )}
        {atom.orientation !== undefined && (atom.anisotropy ?? 0) > 0.2 && (
          <>
            <dt>waves run at</dt>
            <dd>{Math.round((180 * atom.orientation) / Math.PI)}°</dd>
          </>
        )}
        {site !== undefined && (
          <>
            <dt>sites</dt>
            <dd>90 % of its energy in {formatShare(site.extent)} of the places</dd>
          </>
        )}
        {info.channels > 1 && (
          <>
            <dt>channels</dt>
            <dd>
              {atom.channels
                .slice(0, 4)
                .map(({ channel, share }) => `${channel} (${formatShare(share)})`)
                .join(", ")}
            </dd>
          </>
        )}
      </dl>
      {coactive.length > 0 && (
        <>
          <h2>Fires together with</h2>
          <ul class="inline">
            {coactive.slice(0, 8).map(({ concept, lift, count: together }) => (
              <li key={concept}>
                <a href={hrefOf({ concept })}>
                  {concept} {info.names.get(concept)}
                </a>{" "}
                <small>
                  in {together} samples, {formatNumber(lift)} times chance
                </small>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

/** Samples shown of each kind. */
const shownSamples = 12;

/** Energies of the samples that are shown. */
type EnergyRange = readonly [from: number, to: number];

function EnergyPlot({
  known: { histogram, concept, count },
  range: [from, to],
  onRange,
}: {
  readonly known: IndexedConcept;
  readonly range: EnergyRange;
  readonly onRange: (range: EnergyRange) => void;
}): JSX.Element | null {
  const { edges, counts } = histogram;
  const options = useMemo<DescribedPlot>(() => {
    const bins = counts.map((count, i) => ({ count, from: edges[i] ?? 0 }));
    const isChosen = (bin: { readonly from: number }) => bin.from >= from && bin.from < to;
    return {
      ariaLabel: `Histogram of the energy of concept ${concept}`,
      height: 140,
      marginBottom: 34,
      marginLeft: 36,
      x: {
        label: "energy where it is active",
        type: "band",
        domain: bins.map((bin) => bin.from),
        tickFormat: formatNumber,
      },
      y: { label: "samples", grid: true, ticks: 4 },
      marks: [
        ruleY([0]),
        barY(bins, {
          x: "from",
          y: "count",
          fill: (bin: { from: number }) => (isChosen(bin) ? "var(--model-0)" : "var(--rule)"),
        }),
      ],
    };
  }, [counts, edges, from, to, concept]);
  if (count === 0) return null;
  const last = edges.length - 1;
  const slider = (label: string, value: number, set: (index: number) => void) => (
    <input
      type="range"
      min="0"
      max={last}
      value={value}
      aria-label={label}
      onInput={({ currentTarget }) => set(Number(currentTarget.value))}
    />
  );
  const first = Math.max(0, edges.indexOf(from));
  const end = edges.indexOf(to) < 0 ? last : edges.indexOf(to);
  return (
    <figure>
      <Plot options={options} name={`energy-of-concept-${concept}`} numbers={histogram} />
      {counts.length > 1 && (
        <div class="brush">
          {slider("Least energy shown", first, (index) => onRange([index === 0 ? 0 : (edges[index] ?? 0), to]))}
          {slider("Most energy shown", end, (index) =>
            onRange([from, index === last ? Number.POSITIVE_INFINITY : (edges[index] ?? 0)]),
          )}
        </div>
      )}
      <figcaption>The sliders choose which samples are shown below.</figcaption>
    </figure>
  );
}

function Samples({
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
              <a
                class="tile"
                href={hrefOf({ view: "sample", sample, concept })}
                onClick={() => navigate({}, { replace: true })}
                title={`Sample ${sample}`}
              >
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
                  {quantile !== undefined && ` (${formatShare(quantile)})`} · cost {formatNumber(cost)}
                </small>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
