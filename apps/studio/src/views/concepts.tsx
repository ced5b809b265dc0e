import type { ConceptSummary } from "@saeno/inspect";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { ConceptList } from "../engine/engine.ts";
import type { RunInfo } from "../engine/run-session.ts";
import { FunctionPicture } from "../parts/function-picture.tsx";
import { Gallery } from "../parts/gallery.tsx";
import { smallGrid } from "../parts/grids.ts";
import { RunLine } from "../parts/live-run.tsx";
import { formatShare } from "../parts/numbers.ts";
import { SaveAs } from "../parts/save-as.tsx";
import { SaveRun } from "../parts/save-run.tsx";
import { useAnswer } from "../parts/use-answer.ts";
import { Waiting } from "../parts/waiting.tsx";
import { address, hrefOf, navigate, type SortKey } from "../state/address.ts";
import { bundleRun, isBundle } from "../state/bundle.ts";
import { concepts, run } from "../state/studio.ts";

const sorts: Readonly<Record<SortKey, string>> = {
  cost: "cost of loss",
  energy: "energy",
  share: "share of samples",
  label: "what it tells of labels",
  number: "number",
};

export function ConceptsView(): JSX.Element {
  return <Waiting for={run.value}>{(info) => <Concepts info={info} />}</Waiting>;
}

function Concepts({ info }: { readonly info: RunInfo }): JSX.Element {
  const { sort, query } = address.value;
  const list = concepts.value.state === "ready" ? concepts.value.value : undefined;
  const shown = useMemo(() => found(info, list, sort, query), [info, list, sort, query]);
  const [[from, to], setRange] = useState<readonly [number, number]>([0, 0]);
  const wanted = shown.slice(from, to);
  const place = address.value.run ?? "";
  const grid = smallGrid(info.grid);
  const atoms = useAnswer(wanted.length === 0 ? undefined : `${place} ${wanted.join()}`, async (engine) => {
    const pictures = await engine.atoms(place, wanted, grid);
    return new Map(wanted.map((concept, i) => [concept, pictures[i]]));
  });
  const summaryOf = (concept: number) => list?.summaries[concept];
  return (
    <>
      <h1>{info.conceptCount} concepts</h1>
      <RunLine info={info} />
      <search class="row">
        <label>
          Sort by{" "}
          <select value={sort} onChange={({ currentTarget }) => navigate({ sort: currentTarget.value as SortKey })}>
            {Object.entries(sorts).map(([key, label]) => (
              <option
                key={key}
                value={key}
                disabled={key === "label" && list?.summaries.every((each) => each.label === undefined)}
              >
                {label}
              </option>
            ))}
          </select>
        </label>
        <label>
          Find{" "}
          <input
            type="search"
            placeholder="number or name"
            value={query}
            onInput={({ currentTarget }) => navigate({ query: currentTarget.value }, { replace: true })}
          />
        </label>
        <a href={hrefOf({ view: "sample" })}>What fires here?</a>
        {info.names.size > 0 && (
          <SaveAs name="names" text="Save names," files={{ json: () => Object.fromEntries(info.names) }} />
        )}
        {!isBundle() && (
          <SaveAs
            name={`${place.split("/").at(-1)}`}
            text="Save all as one page,"
            files={{ html: () => bundleRun(place) }}
          />
        )}
        {place.startsWith("saved:") && <SaveRun place={place} />}
      </search>
      <Waiting
        for={concepts.value}
        none={<p class="note">{info.withoutSamples} Atoms are shown; what concepts do is seen with samples.</p>}
      >
        {(value) => (
          <p class="note">
            Cost: by how much the squared error rises without the concept, as a share of the samples’ squares (the whole
            error is {formatShare(value.error / (value.power || 1))}). On {value.samples} samples of {value.data}.
          </p>
        )}
      </Waiting>
      {shown.length === 0 && <p>There is no such concept.</p>}
      <Gallery
        count={shown.length}
        width={132}
        height={188}
        label="Concepts"
        onShown={(a, b) => setRange((old) => (old[0] === a && old[1] === b ? old : [a, b]))}
        tile={(index) => {
          const concept = shown[index] ?? 0;
          const atom = atoms.state === "ready" ? atoms.value.get(concept) : undefined;
          return (
            <Tile
              concept={concept}
              name={info.names.get(concept)}
              summary={summaryOf(concept)}
              list={list}
              atom={atom}
            />
          );
        }}
      />
    </>
  );
}

function Tile({
  concept,
  name,
  summary,
  list,
  atom,
}: {
  readonly concept: number;
  readonly name: string | undefined;
  readonly summary: ConceptSummary | undefined;
  readonly list: ConceptList | undefined;
  readonly atom: Parameters<typeof FunctionPicture>[0]["of"] | undefined;
}): JSX.Element {
  const isDead = summary?.count === 0;
  return (
    <a class={`tile${isDead ? " dead" : ""}`} href={hrefOf({ view: "concept", concept })}>
      <span class="thumb">{atom && <FunctionPicture of={atom} label={`Atom of concept ${concept}`} />}</span>
      <span class="title">
        <b>{concept}</b> {name}
      </span>
      {summary && list && (
        <small>
          {isDead
            ? "never active"
            : `cost ${formatShare(summary.cost / (list.power || 1))}, in ${formatShare(summary.share)}`}
        </small>
      )}
    </a>
  );
}

/** Concepts that are meant, in order. */
function found(
  { conceptCount, names }: RunInfo,
  list: ConceptList | undefined,
  sort: SortKey,
  query: string,
): number[] {
  const all = Array.from({ length: conceptCount }, (_, concept) => concept);
  const text = query.trim().toLowerCase();
  const isMeant = (concept: number) =>
    text === "" || String(concept) === text || names.get(concept)?.toLowerCase().includes(text) === true;
  const rank = list === undefined ? undefined : ranks[sort];
  const meant = all.filter(isMeant);
  if (rank === undefined || list === undefined) return meant;
  const value = (concept: number) => {
    const summary = list.summaries[concept];
    return summary === undefined ? 0 : rank(summary);
  };
  return meant.sort((a, b) => value(b) - value(a) || a - b);
}

/** What comes first has the largest. */
const ranks: Readonly<Record<SortKey, ((concept: ConceptSummary) => number) | undefined>> = {
  cost: ({ cost }) => cost,
  energy: ({ energy }) => energy.mean,
  share: ({ share }) => share,
  label: ({ label }) => label?.auc ?? 0,
  number: undefined,
};
