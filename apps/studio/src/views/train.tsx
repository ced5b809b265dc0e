import type { Setting } from "@saeno/experiments";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Curves } from "../parts/curves.tsx";
import { FunctionPicture } from "../parts/function-picture.tsx";
import { Problem } from "../parts/problem.tsx";
import { SaveRun } from "../parts/save-run.tsx";
import { SettingsForm } from "../parts/settings-form.tsx";
import { Trust } from "../parts/trust.tsx";
import { useAnswer } from "../parts/use-answer.ts";
import { Waiting } from "../parts/waiting.tsx";
import { hrefOf } from "../state/address.ts";
import { download } from "../state/download.ts";
import {
  controlTraining,
  settings,
  startTraining,
  type TrainingNow,
  training,
  trainingFiles,
} from "../state/training.ts";

/** Where the form begins: each trains in a minute. */
const presets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Eight shapes, SAE-FNO": {
    data: "shapes:32,perSample=3",
    model: "fno",
    concepts: "12",
    modes: "12",
    active: "3",
    density: "0.0018",
    lr: "0.04",
    steps: "400",
    batch: "32",
    limit: "1000",
    test: "100",
  },
  "Eight shapes, SAE-CNN": {
    data: "shapes:32,perSample=3",
    model: "cnn",
    concepts: "12",
    kernel: "7",
    active: "3",
    density: "0.0018",
    lr: "0.04",
    steps: "400",
    batch: "32",
    limit: "1000",
    test: "100",
  },
  "Flow, SAE-FNO": { data: "flow:32", model: "fno", concepts: "32", steps: "300", limit: "400", test: "50" },
  "Vectors of sparse codes, SAE-MLP": {
    data: "sparse-vectors",
    model: "mlp",
    concepts: "64",
    active: "4",
    steps: "400",
    batch: "256",
  },
};

export function TrainView(): JSX.Element {
  const now = training.value;
  const isBusy = now !== undefined && ["starting", "running", "paused"].includes(now.state);
  const known = useAnswer("settings", (engine) => engine.settings());
  if (Object.keys(settings.value).length === 0) settings.value = Object.values(presets)[0] ?? {};
  return (
    <>
      <h1>Train</h1>
      <p>
        Data, model and training of a run, as the command line has them. It trains in this tab and stays in this
        browser.
      </p>
      {now !== undefined && <Live now={now} isBusy={isBusy} />}
      <Waiting for={known}>{(all) => <Form known={all} isBusy={isBusy} />}</Waiting>
    </>
  );
}

function Form({ known, isBusy }: { readonly known: readonly Setting[]; readonly isBusy: boolean }): JSX.Element {
  const [name, setName] = useState("mine");
  const given = settings.value;
  const checked = useAnswer(JSON.stringify([given, trainingFiles.value.map((file) => file.name)]), (engine) =>
    engine.checkSettings(given, trainingFiles.value),
  );
  const problem = checked.state === "ready" ? checked.value.problem : undefined;
  const config = checked.state === "ready" ? checked.value.config : undefined;
  return (
    <form
      class="train"
      onSubmit={(event) => {
        event.preventDefault();
        void startTraining(name, given);
      }}
    >
      <div class="row">
        <label>
          Start from{" "}
          <select
            onChange={({ currentTarget }) => {
              settings.value = presets[currentTarget.value] ?? {};
            }}
          >
            {Object.keys(presets).map((preset) => (
              <option key={preset}>{preset}</option>
            ))}
          </select>
        </label>
        <label class="button secondary">
          Data of your own
          <input
            type="file"
            class="unseen"
            multiple
            accept="image/*,.npy,.npz,.safetensors,.json,.bin,.onnx,.data"
            onChange={({ currentTarget }) => takeData([...(currentTarget.files ?? [])])}
          />
        </label>
        {trainingFiles.value.length > 0 && <small>{trainingFiles.value.map((file) => file.name).join(", ")}</small>}
      </div>
      {graphOf(trainingFiles.value) !== undefined && <NetworkOf files={trainingFiles.value} />}
      <SettingsForm known={known} />
      <Problem text={problem} />
      <div class="row">
        <label>
          Name <input value={name} required onInput={({ currentTarget }) => setName(currentTarget.value)} />
        </label>
        <button type="submit" disabled={isBusy || problem !== undefined}>
          Train
        </button>
        <button
          type="button"
          class="secondary"
          disabled={config === undefined}
          onClick={() => download("config.json", `${JSON.stringify(config, null, 2)}\n`, "application/json")}
        >
          Save config.json
        </button>
        <small>
          <code>saeno train --config config.json</code> trains the same from a terminal.
        </small>
      </div>
    </form>
  );
}

const isOfNetwork = ({ name }: File) => /\.(json|bin|onnx|data)$/.test(name);
const graphOf = (files: readonly File[]) => files.find(({ name }) => /\.(json|onnx)$/.test(name));

/** Takes files as data. Those of a network go with images, which may be chosen before or after. */
function takeData(given: readonly File[]): void {
  const other = given.some(isOfNetwork) ? trainingFiles.value.filter((file) => file.type.startsWith("image/")) : [];
  const network = given.every((file) => file.type.startsWith("image/")) ? trainingFiles.value.filter(isOfNetwork) : [];
  const files = [...network, ...other, ...given];
  trainingFiles.value = files;
  const [file] = given;
  // The data of a network has a layer too.
  if (file === undefined || graphOf(files) !== undefined) return;
  const isPicture = file.type.startsWith("image/");
  const data = isPicture ? "images:chosen,crop=32" : `${file.name.split(".").at(-1)}:${file.name}`;
  const { limit: _, test: __, ...others } = settings.value;
  settings.value = { ...others, data };
}

/** Maps of a layer as data: which, and what the network is given. */
function NetworkOf({ files }: { readonly files: readonly File[] }): JSX.Element {
  const graph = graphOf(files)?.name ?? "";
  const layers = useAnswer(files.map(({ name }) => name).join(), (engine) => engine.layersOf(files));
  const hasImages = files.some((file) => !isOfNetwork(file));
  const [, layer = "", range = "0..1"] =
    /#([^,]*),images:chosen(?:,range=([\d.-]+))?/.exec(settings.value.data ?? "") ?? [];
  const set = (name: string, black: string) => {
    const { limit: _, test: __, density: ___, modes: ____, ...others } = settings.value;
    settings.value = { ...others, data: `network:${graph}#${name},images:chosen,range=${black}` };
  };
  return (
    <Waiting for={layers}>
      {(found) => (
        <div class="row">
          <label>
            Layer{" "}
            <select value={layer} onChange={({ currentTarget }) => set(currentTarget.value, range)}>
              <option value="" disabled>
                choose one
              </option>
              {found.map(({ name, grid, channels }) => (
                <option key={name} value={name}>
                  {name} ({grid.join(" x ")}, {channels} channels)
                </option>
              ))}
            </select>
          </label>
          <label>
            Black and white are{" "}
            <select value={range} onChange={({ currentTarget }) => set(layer, currentTarget.value)}>
              {["0..1", "0..255", "-1..1"].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          {!hasImages && <small>Also choose the images to give it.</small>}
        </div>
      )}
    </Waiting>
  );
}

const states: Readonly<Record<TrainingNow["state"], string>> = {
  starting: "starting",
  running: "training",
  paused: "paused",
  ended: "trained",
  stopped: "stopped",
  failed: "failed",
};

function Live({ now, isBusy }: { readonly now: TrainingNow; readonly isBusy: boolean }): JSX.Element {
  const { state, records, config, atoms, atomsAt, message, warnings, place, name } = now;
  const last = records.at(-1);
  const steps = config?.training.steps;
  // Whoever leaves would lose what is not in a checkpoint.
  useEffect(() => {
    if (!isBusy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isBusy]);
  return (
    <section class="live" aria-label="The training">
      <div class="row">
        <b role="status">
          {name} {states[state]}
          {last && `, step ${last.step} of ${steps}`}
        </b>
        {last && isBusy && <progress value={last.step} max={steps} aria-label="Steps" />}
        {last && (
          <small>
            relative error {last.relativeError.toFixed(3)}, {(last.step / (last.seconds ?? 1)).toFixed(1)} steps/s
          </small>
        )}
        {isBusy && (
          <>
            <button
              type="button"
              class="secondary"
              onClick={() => void controlTraining(state === "paused" ? "resume" : "pause")}
            >
              {state === "paused" ? "Go on" : "Pause"}
            </button>
            <button type="button" class="secondary" onClick={() => void controlTraining("stop")}>
              Stop
            </button>
          </>
        )}
        {!isBusy && place !== undefined && state !== "failed" && (
          <>
            <a class="button" href={hrefOf({ view: "concepts", run: place, beside: undefined })}>
              See its concepts
            </a>
            <SaveRun place={place} />
          </>
        )}
        <small class={state === "failed" ? "failed" : ""} role={state === "failed" ? "alert" : undefined}>
          {message}
        </small>
      </div>
      {warnings.map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
      {records.length > 1 && <Curves history={records} steps={steps} />}
      {state === "ended" && place !== undefined && <Trust place={place} />}
      {atoms.length > 0 && (
        <figure>
          <ul class="pictures forming">
            {atoms.map((atom, concept) => (
              <li key={concept}>
                <FunctionPicture of={atom} label={`Concept ${concept} at step ${atomsAt}`} />
              </li>
            ))}
          </ul>
          <figcaption>Concepts as they form, at step {atomsAt}.</figcaption>
        </figure>
      )}
    </section>
  );
}
