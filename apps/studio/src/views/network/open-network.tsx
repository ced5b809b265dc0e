/** Which network is open, which layer of it, and what it is given. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { NetworkInfo } from "../../engine/network-session.ts";
import type { NetworkChoice } from "../../engine/open-network.ts";
import { Problem } from "../../parts/problem.tsx";
import { address, navigate } from "../../state/address.ts";
import { takeClassNames } from "../../state/class-names.ts";
import { droppedFiles, filesOf } from "../../state/files.ts";
import { messageOf, running } from "../../state/studio.ts";

const ranges = ["0..1", "0..255", "-1..1"];
/** What is asked of a network's input beside its range. */
const inputs: readonly (readonly [keyof NetworkChoice, string, string])[] = [
  ["size", "Size of images", "as it declares"],
  ["mean", "Mean of channels", "0.485/0.456/0.406"],
  ["deviation", "Deviation of channels", "0.229/0.224/0.225"],
  ["outputs", "Outputs, any nodes", "as it declares"],
];

export function OpenNetwork({ network }: { readonly network: NetworkInfo | undefined }): JSX.Element {
  const [problem, setProblem] = useState("");
  const [saved, setSaved] = useState<readonly string[]>([]);
  const { network: choice } = address.value;
  useEffect(() => void running().then(async (engine) => setSaved(await engine.savedNetworks())), []);
  const set = (part: { readonly [Key in keyof NetworkChoice]: string | undefined }) => {
    const next = Object.entries({ ...choice, ...part }).filter(([, value]) => value !== undefined && value !== "");
    navigate({ network: Object.fromEntries(next) });
  };
  const open = (place: string) => set({ network: place, layer: undefined, outputs: undefined });
  const take = async (files: Promise<ReadonlyMap<string, File>>) => {
    setProblem("");
    try {
      open(await (await running()).saveNetwork(await files));
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <details
      class="opening"
      open={network === undefined}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer !== null) void take(droppedFiles(event.dataTransfer));
      }}
    >
      <summary>{network === undefined ? "Open a network" : "The network"}</summary>
      {network !== undefined && (
        <p>
          <code>{network.name}</code>
        </p>
      )}
      <p class="note">
        A graph model of TensorFlow.js or an ONNX file: drop its <code>model.json</code> and weights, or its{" "}
        <code>.onnx</code>, here, or choose them. They are kept in this browser.
      </p>
      <div class="row">
        <label class="button secondary">
          Choose its files
          <input
            type="file"
            class="unseen"
            multiple
            onChange={({ currentTarget }) => void take(filesOf(currentTarget.files))}
          />
        </label>
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            open(String(new FormData(event.currentTarget).get("url")));
          }}
        >
          <label>
            or its address <input name="url" type="url" placeholder="https://example.org/net/model.json" required />
          </label>
          <button type="submit" class="secondary">
            Open
          </button>
        </form>
      </div>
      {saved.length > 0 && (
        <p class="row">
          In this browser:
          {saved.map((place) => (
            <span key={place}>
              <button type="button" class="secondary" onClick={() => open(place)}>
                {place.replace(/^saved:networks\//, "")}
              </button>
              <button
                type="button"
                class="quiet"
                onClick={async () => {
                  const engine = await running();
                  await engine.removeRun(place);
                  setSaved(await engine.savedNetworks());
                }}
              >
                Remove<span class="unseen"> the network {place}</span>
              </button>
            </span>
          ))}
        </p>
      )}
      <Problem text={problem} />
      <div class="form">
        {network !== undefined && (
          <div class="field">
            <label for="network-layer">Layer</label>
            <select
              id="network-layer"
              value={network.layer.name}
              onChange={({ currentTarget }) => set({ layer: currentTarget.value })}
            >
              {network.layers.map(({ name, grid }) => (
                <option key={name} value={name}>
                  {name} ({grid.join(" x ")})
                </option>
              ))}
            </select>
          </div>
        )}
        <div class="field">
          <label for="network-range">Values of black and white</label>
          <select
            id="network-range"
            value={choice.range ?? network?.preprocessing.range ?? "0..1"}
            onChange={({ currentTarget }) => set({ range: currentTarget.value })}
          >
            {ranges.map((range) => (
              <option key={range}>{range}</option>
            ))}
          </select>
        </div>
        {inputs.map(([part, label, usual]) => (
          <div class="field" key={part}>
            <label for={`network-${part}`}>{label}</label>
            <input
              id={`network-${part}`}
              value={choice[part] ?? ""}
              placeholder={usual}
              onChange={({ currentTarget }) => set({ [part]: currentTarget.value.trim() })}
            />
          </div>
        ))}
        <div class="field">
          <span>
            <label class="button secondary">
              Names of its classes
              <input
                type="file"
                class="unseen"
                accept=".txt,.json,.csv"
                onChange={async ({ currentTarget }) => {
                  const [file] = currentTarget.files ?? [];
                  if (file !== undefined) setProblem((await takeClassNames(file)) ?? "");
                }}
              />
            </label>
          </span>
          <small>A text file with a name on each line, or a JSON list.</small>
        </div>
      </div>
    </details>
  );
}
