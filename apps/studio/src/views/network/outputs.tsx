/** What the network says: of an output its channels and one of them as a map, without the edits and with them. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { DrawnFunction } from "../../engine/drawn-function.ts";
import type { NetworkInfo, OutputView } from "../../engine/network-session.ts";
import { commonRange, FunctionPicture } from "../../parts/function-picture.tsx";
import { formatNumber } from "../../parts/numbers.ts";
import { SaveAs } from "../../parts/save-as.tsx";
import { address, navigate } from "../../state/address.ts";
import { classNameOf } from "../../state/class-names.ts";

/** Channels that are listed. */
const listed = 8;

export function Outputs({
  network,
  name,
  answer,
}: {
  readonly network: NetworkInfo;
  readonly name: string;
  readonly answer: OutputView | undefined;
}): JSX.Element {
  return (
    <section class="outputs" aria-label="What the network says">
      <label>
        Output{" "}
        <select
          value={name}
          onChange={({ currentTarget }) => navigate({ output: currentTarget.value, channel: undefined })}
        >
          {network.outputs.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {answer !== undefined && <Answer name={name} answer={answer} classes={network.classes} />}
    </section>
  );
}

function Answer({
  name,
  answer,
  classes,
}: {
  readonly name: string;
  readonly answer: OutputView;
  readonly classes: readonly string[] | undefined;
}): JSX.Element {
  const { before, after, grid, channel, change, mapBefore, mapAfter } = answer;
  const isEdited = address.value.edits.length > 0 && after !== undefined;
  const nameOf = (k: number) => classNameOf(k, before.length, classes);
  const most = (k: number) => Math.max(before[k] ?? 0, after?.[k] ?? 0);
  const order = useMemo(
    () =>
      Array.from(before.keys())
        .sort((a, b) => most(b) - most(a))
        .slice(0, listed),
    [before, after],
  );
  const shown = order.includes(channel) ? order : [...order.slice(0, -1), channel];
  const largest = Math.max(...shown.map((k) => Math.max(Math.abs(before[k] ?? 0), Math.abs(after?.[k] ?? 0)))) || 1;
  const range = useMemo(
    () => mapBefore && commonRange(...[mapBefore, mapAfter].filter((map) => map !== undefined)),
    [mapBefore, mapAfter],
  );
  const difference = useMemo<DrawnFunction | undefined>(
    () =>
      mapBefore &&
      mapAfter && { ...mapBefore, values: mapAfter.values.map((value, i) => value - (mapBefore.values[i] ?? 0)) },
    [mapBefore, mapAfter],
  );
  const maps: readonly (readonly [string, DrawnFunction | undefined])[] = [
    [isEdited ? "before" : "as it is", mapBefore],
    ...(isEdited ? ([["after", mapAfter]] as const) : []),
  ];
  return (
    <>
      <div class="scroll">
        <table class="said">
          <thead>
            <tr>
              <th scope="col">{grid.length === 0 ? "says" : "most anywhere"}</th>
              <th scope="col">{isEdited ? "before" : "is"}</th>
              {isEdited && <th scope="col">after</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((k) => (
              <tr key={k} class={k === channel && grid.length > 0 ? "chosen" : ""}>
                <th scope="row">
                  {grid.length === 0 ? (
                    nameOf(k)
                  ) : (
                    <button
                      type="button"
                      class="quiet"
                      aria-pressed={k === channel}
                      onClick={() => navigate({ channel: k })}
                    >
                      {nameOf(k)}
                    </button>
                  )}
                </th>
                <Value value={before[k] ?? 0} largest={largest} />
                {isEdited && <Value value={after[k] ?? 0} largest={largest} />}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {mapBefore !== undefined && (
        <div class="trio maps">
          {maps.map(
            ([title, map]) =>
              map && (
                <figure key={title}>
                  <FunctionPicture of={map} label={`${nameOf(channel)} ${title}`} {...(range && { range })} />
                  <figcaption>{title}</figcaption>
                </figure>
              ),
          )}
          {isEdited && difference !== undefined && (
            <figure>
              <FunctionPicture of={difference} label={`${nameOf(channel)}, the difference`} />
              <figcaption>difference</figcaption>
            </figure>
          )}
        </div>
      )}
      <p class="note">
        {isEdited
          ? `The edits change this output by ${formatNumber(change)} of its size`
          : "Edit a concept to see what changes"}{" "}
        ({Math.round(answer.took)} ms).
        <SaveAs name={name.replaceAll(/\W+/g, "-")} files={{ json: () => ({ output: name, ...answer }) }} />
      </p>
    </>
  );
}

function Value({ value, largest }: { readonly value: number; readonly largest: number }): JSX.Element {
  return (
    <td>
      <meter min={0} max={largest} value={Math.max(0, value)} aria-hidden="true" /> {formatNumber(value)}
    </td>
  );
}
