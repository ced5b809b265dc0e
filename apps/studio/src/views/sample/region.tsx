import type { JSX } from "preact";
import type { SampleChoice } from "../../engine/run-samples.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { formatShare } from "../../parts/numbers.ts";
import type { Drag } from "../../parts/stage.tsx";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { hrefOf } from "../../state/address.ts";

/** Concepts by what they add in a box. */
export function Region({
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
