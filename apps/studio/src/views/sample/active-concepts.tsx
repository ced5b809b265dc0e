import type { CodeTable } from "@saeno/inspect";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { RunInfo } from "../../engine/run-session.ts";
import { FunctionPicture } from "../../parts/function-picture.tsx";
import { smallGrid } from "../../parts/grids.ts";
import { formatNumber } from "../../parts/numbers.ts";
import { useAnswer } from "../../parts/use-answer.ts";
import { address, hrefOf, navigate } from "../../state/address.ts";
import { factorOf, isSolo, withFactor, withSolo } from "../../state/edits.ts";

/** The concepts of a sample, each with how much of it there is to be. */
export function ActiveConcepts({
  info,
  codes,
  chosen,
  picture,
}: {
  readonly info: RunInfo;
  readonly codes: CodeTable;
  readonly chosen: number;
  /** Of a concept; default its atom. */
  readonly picture?: (concept: number) => JSX.Element;
}): JSX.Element {
  const { run: place = "", edits } = address.value;
  const energies = useMemo(() => energiesOf(codes), [codes]);
  const concepts = energies.map(({ concept }) => concept);
  const grid = smallGrid(info.grid);
  const atoms = useAnswer(picture ? undefined : `${place} ${concepts.join()}`, (engine) =>
    engine.atoms(place, concepts, grid),
  );
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
                {picture?.(concept)}
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

/** `|z_k|^2` of each active concept, a mean over the grid. */
export function energiesOf({
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
