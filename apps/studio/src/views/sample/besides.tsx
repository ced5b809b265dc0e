import type { JSX } from "preact";
import type { SampleChoice } from "../../engine/run-samples.ts";
import type { RunInfo } from "../../engine/run-session.ts";
import { commonRange, FunctionPicture } from "../../parts/function-picture.tsx";
import { useAnswer } from "../../parts/use-answer.ts";
import { Waiting } from "../../parts/waiting.tsx";
import { address } from "../../state/address.ts";
import { beside } from "../../state/studio.ts";

/** Both models encode the sample on a finer or coarser grid: what a kernel in points of the grid cannot do. */
export function Besides({
  info,
  choice,
  question,
  grid,
}: {
  readonly info: RunInfo;
  readonly choice: SampleChoice;
  readonly question: string;
  readonly grid: readonly number[];
}): JSX.Element {
  const { run: place = "", beside: other } = address.value;
  const own = useAnswer(question, (engine) => engine.resampled(place, choice, grid));
  const theirs = useAnswer(other && `${other} ${question}`, (engine) => engine.resampled(other ?? "", choice, grid));
  const views: readonly (readonly [string, typeof own])[] = [
    [info.name, own],
    ...(beside.value.state === "ready" ? [[beside.value.value.name, theirs] as const] : []),
  ];
  const range = own.state === "ready" ? commonRange(own.value.input) : undefined;
  return (
    <section aria-label="On another grid">
      <h2>Encoded again on {grid.join(" x ")} points</h2>
      <div class="trio">
        {own.state === "ready" && (
          <figure>
            <FunctionPicture of={own.value.input} label="The sample on this grid" {...(range && { range })} />
            <figcaption>The sample there</figcaption>
          </figure>
        )}
        {views.map(([name, view]) => (
          <figure key={name}>
            <Waiting for={view}>
              {({ reconstruction, error }) => (
                <>
                  <FunctionPicture of={reconstruction} label={`Reconstruction of ${name}`} {...(range && { range })} />
                  <figcaption>
                    <b>{name}</b>, relative error {error.toFixed(3)}
                  </figcaption>
                </>
              )}
            </Waiting>
          </figure>
        ))}
      </div>
    </section>
  );
}
