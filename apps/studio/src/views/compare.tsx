import { dot, line, ruleY } from "@observablehq/plot";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { RunInfo } from "../engine/run-session.ts";
import { FunctionPicture } from "../parts/function-picture.tsx";
import { smallGrid } from "../parts/grids.ts";
import { formatNumber, formatShare } from "../parts/numbers.ts";
import { type DescribedPlot, Plot } from "../parts/plot.tsx";
import { useAnswer } from "../parts/use-answer.ts";
import { Waiting } from "../parts/waiting.tsx";
import { address, hrefOf, navigate } from "../state/address.ts";
import { demos } from "../state/demos.ts";
import { servedRuns } from "../state/served.ts";
import { beside, engine, run, running } from "../state/studio.ts";

/** Two models on the same samples: which concepts they share, and how each does on other grids. */
export function CompareView(): JSX.Element {
  return (
    <Waiting for={run.value}>
      {(info) => (
        <>
          <h1>Compare</h1>
          <ChooseOther />
          <Waiting
            for={beside.value}
            none={<p>Choose a second run: the same data with another seed, another model, another budget.</p>}
          >
            {(other) => <Comparison a={info} b={other} />}
          </Waiting>
        </>
      )}
    </Waiting>
  );
}

function ChooseOther(): JSX.Element {
  const { run: own, beside: other } = address.value;
  const [saved, setSaved] = useState<readonly string[]>([]);
  const isRunning = engine.value.state === "ready";
  useEffect(() => {
    const find = async () => {
      const served = await servedRuns().catch(() => []);
      setSaved([...served.map(({ place }) => place), ...(await (await running()).savedRuns())]);
    };
    if (isRunning) void find();
  }, [isRunning]);
  const places = [
    ...new Set([
      ...demos.flatMap((demo) => [demo.run, demo.beside]),
      ...saved,
      ...(other === undefined ? [] : [other]),
    ]),
  ].filter((place) => place !== own);
  return (
    <label class="row">
      {own} beside{" "}
      <select
        value={other ?? ""}
        onChange={({ currentTarget }) => navigate({ beside: currentTarget.value || undefined })}
      >
        <option value="">no other</option>
        {places.map((place) => (
          <option key={place} value={place}>
            {place.replace(/^saved:runs\//, "")}
          </option>
        ))}
      </select>
    </label>
  );
}

function shortName(place: string): string {
  return place.replace(/^runs\//, "");
}

/** Grids of the plot, as multiples of that of the data. */
const factors = [0.75, 1, 1.5, 2, 3];
/** Pairs shown, at most. */
const shownPairs = 60;

function Comparison({ a, b }: { readonly a: RunInfo; readonly b: RunInfo }): JSX.Element {
  const { run: place = "", beside: other = "" } = address.value;
  const found = useAnswer(`${place} ${other} ${a.samples?.name}`, (engine) => engine.compare(place, other));
  return (
    <>
      <div class="columns">
        <Numbers a={a} b={b} />
        {a.anyGrid && b.anyGrid && a.grid.length > 0 && <Resolution a={a} b={b} />}
      </div>
      <Waiting for={found}>
        {({ stability, pairs, alone, samples }) => (
          <section aria-labelledby="pairs-title">
            <h2 id="pairs-title">Concepts matched one to one</h2>
            <p>
              Stability <b>{stability.weighted.toFixed(2)}</b>: how alike concepts are at their best shift, weighted by
              energy; 1 means the same. Without a partner {alone.a.length} of the first and {alone.b.length} of the
              second. On {samples} samples.
            </p>
            <Pairs pairs={pairs.slice(0, shownPairs)} a={a} b={b} />
          </section>
        )}
      </Waiting>
    </>
  );
}

function Numbers({ a, b }: { readonly a: RunInfo; readonly b: RunInfo }): JSX.Element {
  const rows: readonly (readonly [string, (info: RunInfo) => string])[] = [
    ["run", ({ place }) => shortName(place)],
    ["model", ({ name }) => name],
    ["concepts", ({ conceptCount }) => String(conceptCount)],
    ["parameters", ({ parameters }) => parameters.toLocaleString("en")],
    ["steps", ({ history }) => String(history.at(-1)?.step ?? "not known")],
    ["relative error", ({ evaluation }) => evaluation?.relativeError.toFixed(3) ?? "not measured"],
    [
      "budget",
      ({ evaluation }) => (evaluation?.budget === undefined ? "not measured" : formatShare(evaluation.budget)),
    ],
    ["dead concepts", ({ evaluation }) => (evaluation === undefined ? "not measured" : String(evaluation.dead))],
  ];
  return (
    <section aria-label="Numbers">
      <table>
        <tbody>
          {rows.map(([label, of]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{of(a)}</td>
              <td>{of(b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Resolution({ a, b }: { readonly a: RunInfo; readonly b: RunInfo }): JSX.Element {
  const { run: place = "", beside: other = "" } = address.value;
  const swept = useAnswer(`${place} ${other} ${a.samples?.name}`, async (engine) => {
    const points: { points: number; error: number; model: string }[] = [];
    for (const factor of factors) {
      const grid = a.grid.map((own) => Math.round(own * factor));
      for (const [which, run] of [
        [place, a],
        [other, b],
      ] as const) {
        // A grid may be too coarse for a model.
        const error = await engine.errorOn(which, grid).catch(() => Number.NaN);
        if (Number.isFinite(error))
          points.push({ points: grid[0] ?? 1, error, model: `${which === place ? "1" : "2"}: ${run.name}` });
      }
    }
    return points;
  });
  const options = useMemo<DescribedPlot | undefined>(
    () =>
      swept.state !== "ready"
        ? undefined
        : {
            ariaLabel: "Relative error by resolution",
            height: 230,
            x: {
              label: "points on an axis",
              type: "log",
              tickFormat: "d",
              ticks: [...new Set(swept.value.map(({ points }) => points))],
            },
            y: { label: "relative error", grid: true, zero: true },
            color: { legend: false, range: ["var(--model-0)", "var(--model-1)"] },
            marks: [
              ruleY([0]),
              line(swept.value, { x: "points", y: "error", stroke: "model" }),
              dot(swept.value, { x: "points", y: "error", fill: "model" }),
            ],
          },
    [swept],
  );
  return (
    <section aria-label="Resolution">
      <h2>The same samples on other grids</h2>
      <Waiting for={swept}>
        {(points) => options && <Plot options={options} name="resolution" numbers={points} />}
      </Waiting>
      <p class="note">
        <b class="ink-0">
          {shortName(a.place)} ({a.name})
        </b>{" "}
        and{" "}
        <b class="ink-1">
          {shortName(b.place)} ({b.name})
        </b>
        , trained at {a.grid[0]} points; of the first 16 samples.
      </p>
    </section>
  );
}

function Pairs({
  pairs,
  a,
  b,
}: {
  readonly pairs: readonly {
    readonly a: number;
    readonly b: number;
    readonly cosine: number;
    readonly agreement: number;
    readonly correlation: number;
  }[];
  readonly a: RunInfo;
  readonly b: RunInfo;
}): JSX.Element {
  const { run: place = "", beside: other = "" } = address.value;
  const grid = smallGrid(a.grid);
  const key = pairs.map((pair) => `${pair.a}-${pair.b}`).join();
  const left = useAnswer(`${place} ${key}`, (engine) =>
    engine.atoms(
      place,
      pairs.map((pair) => pair.a),
      grid,
    ),
  );
  const right = useAnswer(`${other} ${key}`, (engine) =>
    engine.atoms(
      other,
      pairs.map((pair) => pair.b),
      grid,
    ),
  );
  const picture = (atoms: typeof left, i: number, concept: number, info: RunInfo) => {
    const atom = atoms.state === "ready" ? atoms.value[i] : undefined;
    return (
      <span class="thumb">{atom && <FunctionPicture of={atom} label={`Concept ${concept} of ${info.name}`} />}</span>
    );
  };
  return (
    <ul class="pairs">
      {pairs.map((pair, i) => (
        <li key={`${pair.a}-${pair.b}`}>
          <a class="tile" href={hrefOf({ view: "concept", concept: pair.a })}>
            {picture(left, i, pair.a, a)}
            <span class="title">
              <b>{pair.a}</b> {a.names.get(pair.a)}
            </span>
          </a>
          <a class="tile" href={hrefOf({ view: "concept", run: other, beside: place, concept: pair.b })}>
            {picture(right, i, pair.b, b)}
            <span class="title">
              <b>{pair.b}</b> {b.names.get(pair.b)}
            </span>
          </a>
          <small>
            alike {pair.cosine.toFixed(2)}, together in {formatShare(pair.agreement)}
            {Number.isFinite(pair.correlation) && `, correlation ${formatNumber(pair.correlation)}`}
          </small>
        </li>
      ))}
    </ul>
  );
}
