import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../parts/problem.tsx";
import { Speeds } from "../parts/speeds.tsx";
import { hrefOf, navigate } from "../state/address.ts";
import { demos, networkDemo } from "../state/demos.ts";
import { droppedFiles, filesOf, saveDropped } from "../state/files.ts";
import { type ServedRun, servedRuns } from "../state/served.ts";
import { engine, messageOf, running } from "../state/studio.ts";

/** The first thing a person sees: something to look at, and where one's own goes. */
export function OpenView(): JSX.Element {
  const [problem, setProblem] = useState("");
  const [isOver, setOver] = useState(false);
  const [saved, setSaved] = useState<readonly string[]>([]);
  const [served, setServed] = useState<readonly ServedRun[]>([]);
  useEffect(() => void servedRuns().then(setServed, () => {}), []);
  const isRunning = engine.value.state === "ready";
  const list = async () => setSaved(await (await running()).savedRuns());
  useEffect(() => void (isRunning && list()), [isRunning]);

  const take = async (files: Promise<ReadonlyMap<string, File>>) => {
    setProblem("");
    try {
      navigate({ view: "concepts", run: await saveDropped(await files), beside: undefined });
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <>
      <section class="hero">
        <h1>See what a sparse autoencoder has learned</h1>
        <p>
          Concepts as functions: what each one is, where it fires, and what changes without it. All of it is computed in
          this tab; nothing leaves your machine.
        </p>
        <p class="actions">
          {demos.map(({ run, beside }) => (
            <a key={run} class="button" href={hrefOf({ view: "concepts", run, beside })}>
              Look at an example
            </a>
          ))}
          {networkDemo !== undefined && (
            <a
              class="button secondary"
              href={hrefOf({ view: "network", run: networkDemo, beside: undefined, network: {} })}
            >
              Look into a network
            </a>
          )}
          <a class="button secondary" href={hrefOf({ view: "train" })}>
            Train one here
          </a>
        </p>
      </section>
      <section
        class={`drop${isOver ? " over" : ""}`}
        aria-labelledby="drop-title"
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer !== null) void take(droppedFiles(event.dataTransfer));
        }}
      >
        <h2 id="drop-title">Open a run of your own</h2>
        <p>
          Drop a run folder of <code>saeno train</code> here, or a model folder of SAELens or sparsify; or choose one.
        </p>
        <p class="actions">
          <label class="button secondary">
            Choose a folder
            <input
              type="file"
              class="unseen"
              multiple
              // A folder with all that is in it, in all browsers of today.
              {...{ webkitdirectory: true }}
              onChange={({ currentTarget }) => void take(filesOf(currentTarget.files))}
            />
          </label>
          <label class="button secondary">
            Choose files
            <input
              type="file"
              class="unseen"
              multiple
              onChange={({ currentTarget }) => void take(filesOf(currentTarget.files))}
            />
          </label>
        </p>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            const address = new FormData(event.currentTarget).get("url");
            if (typeof address === "string" && address !== "")
              navigate({ view: "concepts", run: address.replace(/\/+$/, ""), beside: undefined });
          }}
        >
          <label>
            or its address <input name="url" type="url" placeholder="https://example.org/runs/digits" required />
          </label>
          <button type="submit" class="secondary">
            Open
          </button>
        </form>
        <Problem text={problem} />
      </section>
      {served.length > 0 && (
        <section aria-labelledby="served-title">
          <h2 id="served-title">On this machine</h2>
          <ul class="runs">
            {served.map(({ place, state, step, steps }) => (
              <li key={place}>
                <a href={hrefOf({ view: "concepts", run: place, beside: undefined })}>{place.replace(/^runs\//, "")}</a>{" "}
                {state !== "finished" && (
                  <small class={state === "running" ? "" : "warning"}>
                    {state} at step {step}
                    {steps === undefined ? "" : ` of ${steps}`}
                  </small>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {saved.length > 0 && (
        <section aria-labelledby="saved-title">
          <h2 id="saved-title">In this browser</h2>
          <ul class="runs">
            {saved.map((place) => (
              <li key={place}>
                <a href={hrefOf({ view: "concepts", run: place, beside: undefined })}>
                  {place.replace(/^saved:runs\//, "")}
                </a>
                <button
                  type="button"
                  class="quiet"
                  onClick={async () => {
                    if (!confirm(`Remove ${place.replace(/^saved:runs\//, "")} from this browser?`)) return;
                    await (await running()).removeRun(place);
                    await list();
                  }}
                >
                  Remove<span class="unseen"> {place}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Speeds />
    </>
  );
}
