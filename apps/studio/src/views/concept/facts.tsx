import type { IndexedConcept } from "@saeno/inspect";
import type { JSX } from "preact";
import type { ConceptList } from "../../engine/engine.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { formatNumber, formatShare } from "../../parts/numbers.ts";
import { hrefOf } from "../../state/address.ts";

/** What is known of a concept in numbers, and what it is active together with. */
export function Facts({
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
          {formatShare(cost / (list.power || 1))} of the samples’ squares, {formatShare(cost / (list.error || 1))} of
          the error
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
